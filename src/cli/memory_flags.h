// The flags for how weights and the key-value cache stand in memory.
#pragma once

#include <CLI/CLI.hpp>

#include "nybble/compute.h"

namespace nybble::cli {

inline void add_memory_flags(CLI::App& verb, CacheTypes& types, bool& repack) {
  verb.add_option("--cache-type-k", types.keys,
                  "Keys of the cache: f32, f16, bf16, q8_0, q4_0; default: f16, with --compute "
                  "exact f32 (also -ctk)")
      ->type_name("TYPE")
      ->envname("LLAMA_ARG_CACHE_TYPE_K");
  verb.add_option("--cache-type-v", types.values,
                  "Values of the cache; default: as the keys (also -ctv)")
      ->type_name("TYPE")
      ->envname("LLAMA_ARG_CACHE_TYPE_V");
  verb.add_flag("!--no-repack", repack,
                "Compute from the mapped file: begins at once, takes little memory, is slower; the "
                "same output (also -nr)");
}

}  // namespace nybble::cli
