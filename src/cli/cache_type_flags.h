// The flags for the number formats of the key-value cache.
#pragma once

#include <CLI/CLI.hpp>

#include "nybble/compute.h"

namespace nybble::cli {

inline void add_cache_type_flags(CLI::App& verb, CacheTypes& types) {
  verb.add_option("--cache-type-k", types.keys,
                  "Keys of the cache: f32, f16, bf16, q8_0, q4_0; default: f16, with --compute "
                  "exact f32 (also -ctk)")
      ->type_name("TYPE")
      ->envname("LLAMA_ARG_CACHE_TYPE_K");
  verb.add_option("--cache-type-v", types.values,
                  "Values of the cache; default: as the keys (also -ctv)")
      ->type_name("TYPE")
      ->envname("LLAMA_ARG_CACHE_TYPE_V");
}

}  // namespace nybble::cli
