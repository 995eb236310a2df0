#include "api/load_model.h"

#include "base/error.h"
#include "formats/registry.h"
#include "models/int8_linears.h"

namespace nybble {
namespace {

FormatId cache_format(const std::string& type, Compute compute) {
  if (type.empty())
    return compute == Compute::exact ? id_of<formats::F32>() : id_of<formats::F16>();
  if (const auto format = formats::find_by_name(type)) return *format;
  fail(ErrorKind::invalid_input,
       "'{}' is no type of the cache; expected f32, f16, bf16, q8_0 or q4_0", type);
}

}  // namespace

std::shared_ptr<const runtime::LoadedModel> load_model(const models::ModelSource& source,
                                                       Compute compute, int threads,
                                                       const CacheTypes& cache_types, bool repack) {
  const std::string& values = cache_types.values.empty() ? cache_types.keys : cache_types.values;
  runtime::LoadOptions options{.threads = threads,
                               .keys = cache_format(cache_types.keys, compute),
                               .values = cache_format(values, compute),
                               .repack = repack};
  options.activations_as_stored = compute == Compute::run || compute == Compute::llm_int8;
  if (compute == Compute::run || compute == Compute::int8)
    options.activations = Activations::int8_blocks;
  if (compute != Compute::llm_int8)
    return std::make_shared<const runtime::LoadedModel>(source, options);
  return std::make_shared<const runtime::LoadedModel>(models::with_int8_linears(source), options);
}

}  // namespace nybble
