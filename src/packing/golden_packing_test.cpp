// Weights that the libraries themselves packed. Made by tests/golden/packing/make_*.py
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "packing/scheme.h"

namespace nybble::packing {
namespace {

class golden_packing : public testing::TestWithParam<std::string> {};

// What the library unpacks to is rounded once per product; so is what blocks decode to, maybe from
// a product with a scale that is rounded itself (NVFP4: 1 / global).
float tolerance(float expected) {
  return std::fabs(expected) * 3 * 0x1p-24f;
}

}  // namespace

TEST_P(golden_packing, every_weight_reads_as_the_library_unpacks_it) {
  const std::string folder = "tests/golden/packing/" + GetParam();
  const files::Checkpoint checkpoint = files::open_checkpoint(folder + "/model.safetensors");
  const files::Checkpoint expected = files::open_checkpoint(folder + "/expected.safetensors");
  const auto scheme = open_scheme(checkpoint);
  ASSERT_NE(scheme, nullptr);
  ASSERT_FALSE(expected.tensors.empty());

  for (const files::NamedTensor& tensor : expected.tensors) {
    const std::string module = tensor.name.substr(0, tensor.name.rfind('.'));
    const auto weight = scheme->find(module, tensor.data.shape);
    ASSERT_NE(weight, nullptr) << module;
    const formats::FormatInfo& format = formats::info(weight->format());
    const auto cols = static_cast<std::size_t>(tensor.data.shape.cols());
    std::vector<float> row(cols), right(cols);
    for (std::int64_t r = 0; r < tensor.data.shape.rows(); ++r) {
      format.decode(weight->row(r).data(), cols / static_cast<std::size_t>(format.block_len),
                    row.data());
      tensor.data.decode_rows(r, 1, right.data());
      for (std::size_t c = 0; c < cols; ++c) {
        ASSERT_NEAR(row[c] * weight->scale, right[c], tolerance(right[c]))
            << module << " at " << r << ", " << c;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, golden_packing, testing::Values("awq", "compressed_tensors"));

}  // namespace nybble::packing
