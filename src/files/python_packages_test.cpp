// What nybble writes is read by the Python packages gguf and safetensors
// (tests/interop/python_packages/read_files.py).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>

#include "base/json.h"
#include "base/temporary_folder.h"
#include "files/gguf.h"
#include "files/safetensors.h"

namespace nybble::files {
namespace {

// Bytes that differ from tensor to tensor and are no NaN in any type.
std::vector<std::byte> data_of(const TensorPlan& tensor) {
  std::vector<std::byte> bytes = Tensor(tensor.format, tensor.shape).bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>((i * 5 + tensor.name.size()) % 50);
  return bytes;
}

Json describe(const TensorPlan& tensor) {
  std::string hex;
  for (const std::byte byte : data_of(tensor))
    hex += fmt::format("{:02x}", static_cast<unsigned>(byte));
  const auto dims = tensor.shape.dims();
  return {formats::info(tensor.format).name, std::vector<std::int64_t>(dims.begin(), dims.end()),
          hex};
}

FormatId format(std::string_view name) {
  return *formats::find_by_name(name);
}

const std::vector<TensorPlan> gguf_plan = {
    {"f32", format("F32"), {3}},           {"f16", format("F16"), {2, 5}},
    {"i8", format("I8"), {2, 3, 4}},       {"i64", format("I64"), {2, 1, 3, 2}},
    {"f64", format("F64"), {1}},           {"q8_0", format("Q8_0"), {2, 64}},
    {"q4_K", format("Q4_K"), {3, 256}},    {"q6_K", format("Q6_K"), {1, 512}},
    {"iq4_xs", format("IQ4_XS"), {2, 256}}};
const std::vector<TensorPlan> safetensors_plan = {
    {"f16", format("F16"), {3}}, {"u8", format("U8"), {5}},       {"f32", format("F32"), {2, 4}},
    {"i64", format("I64"), {}},  {"none", format("F32"), {0, 4}}, {"f64", format("F64"), {2}},
    {"i16", format("I16"), {1}}, {"u32", format("U32"), {3, 1}},  {"bool", format("BOOL"), {0}}};

Metadata sample_values(Json& described) {
  Metadata values;
  values.set("general.architecture", std::string("llama"));
  values.set("u8", std::uint8_t{255});
  values.set("i16", std::int16_t{-7});
  values.set("u32", std::uint32_t{4000000000});
  values.set("u64", std::uint64_t{1} << 63);
  values.set("i64", std::int64_t{-5});
  values.set("f32", 0.5f);
  values.set("f64", 0.1);
  values.set("bool", true);
  values.set("text", std::string("caf\xc3\xa9"));
  values.set("ints", MetadataArray(std::vector<std::int32_t>{1, -2}));
  values.set("texts", MetadataArray(std::vector<std::string>{"a", "", "\xe2\x96\x81"}));
  described = {{"general.architecture", "llama"},
               {"u8", 255},
               {"i16", -7},
               {"u32", 4000000000u},
               {"u64", std::uint64_t{1} << 63},
               {"i64", -5},
               {"f32", 0.5},
               {"f64", 0.1},
               {"bool", true},
               {"text", "caf\xc3\xa9"},
               {"ints", {1, -2}},
               {"texts", {"a", "", "\xe2\x96\x81"}}};
  return values;
}

template <class Writer>
void write_all(Writer& writer, const std::vector<TensorPlan>& plan) {
  for (const TensorPlan& tensor : plan) writer.write(data_of(tensor));
  writer.finish();
}

// One entry of expected.json for each file: what it holds was given by the writer's plan and file
// by file read back.
void add_expected(const std::filesystem::path& model, const std::filesystem::path& folder,
                  const Json& values, const std::vector<TensorPlan>& plan, Json& expected) {
  const Checkpoint written = open_checkpoint(model);
  for (const TensorPlan& tensor : plan) {
    const auto file =
        (model.parent_path() / written.get(tensor.name).file).lexically_relative(folder);
    expected[file.generic_string()]["tensors"][tensor.name] = describe(tensor);
    expected[file.generic_string()]["values"] = values;
  }
}

// The exit code of the script; 77 when it cannot run.
int run_script(const std::filesystem::path& folder) {
  const char* chosen = std::getenv("NYBBLE_PYTHON");
  const std::string python = chosen == nullptr ? "python3" : chosen;
  const int status = std::system(
      fmt::format("'{}' tests/interop/python_packages/read_files.py '{}'", python, folder.string())
          .c_str());
  return WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status) : 77;
}

}  // namespace

TEST(python_packages, read_what_nybble_writes) {
  const TemporaryFolder folder;
  Json values, expected = Json::object();
  const Metadata metadata = sample_values(values);
  GgufWriter gguf(folder / "whole.gguf", false, metadata, gguf_plan);
  write_all(gguf, gguf_plan);
  add_expected(folder / "whole.gguf", folder.path(), values, gguf_plan, expected);

  SafetensorsWriter safetensors(folder / "whole", false, {{"format", "pt"}}, safetensors_plan);
  write_all(safetensors, safetensors_plan);
  add_expected(folder / "whole/model.safetensors", folder.path(), {{"format", "pt"}},
               safetensors_plan, expected);

  SafetensorsWriter shards(folder / "shards", false, {}, safetensors_plan, 32);
  write_all(shards, safetensors_plan);
  add_expected(folder / "shards/model.safetensors.index.json", folder.path(), Json::object(),
               safetensors_plan, expected);

  folder.make("expected.json", expected.dump());
  const int code = run_script(folder.path());
  if (code == 77)
    GTEST_SKIP() << "skipped: no Python packages gguf and safetensors (name a Python that has them "
                    "in NYBBLE_PYTHON)";
  EXPECT_EQ(code, 0);
}

}  // namespace nybble::files
