// Reads the device code that nvcc made of decode of every format.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <string>

#include "formats/all.h"

namespace nybble::formats {
namespace {

template <class... Fs>
constexpr std::size_t count(FormatList<Fs...>) {
  return sizeof...(Fs);
}

// Without its code a kernel is no proof: nvcc compiles a template that reads a constexpr array of
// the host into a mere trap, without a warning.
TEST(formats_for_cuda, have_device_code_without_traps) {
  std::ifstream file(NYBBLE_FORMATS_PTX);
  const std::string ptx{std::istreambuf_iterator<char>(file), {}};

  const std::regex entry(R"(\.visible \.entry (\w*decode_kernel\w*)\()");
  const std::sregex_iterator first(ptx.begin(), ptx.end(), entry), last;

  EXPECT_EQ(std::distance(first, last), count(AllFormats{}));
  for (auto kernel = first; kernel != last; ++kernel) {
    const auto begin = static_cast<std::size_t>(kernel->position());
    const std::string body = ptx.substr(begin, ptx.find("\n}", begin) - begin);
    EXPECT_EQ(body.find("trap;"), std::string::npos) << kernel->str(1);
    EXPECT_NE(body.find("st.global"), std::string::npos) << kernel->str(1) << " stores nothing";
  }
}

}  // namespace
}  // namespace nybble::formats
