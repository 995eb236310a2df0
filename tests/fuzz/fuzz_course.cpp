// Any file is the state of a training or an Error; a student changes only when all of it was right,
// and what it gets is finite. Of a small student, whose state is a small file.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "nybble/error.h"
#include "train/course_file.h"

namespace {

class SmallStudent final : public nybble::train::Student {
 public:
  const nybble::gradients::Parameters& parameters() const override { return parameters_; }
  bool learns(const nybble::gradients::ParameterView&) const override { return false; }
  void learn(nybble::gradients::Parameters&, float) override {}
  void visit_values(const Visit& visit) override { visit(values), visit(more); }
  void visit_moments(const VisitMoments& visit) override { visit(floats_), visit(bytes_); }
  void refresh() override { is_refreshed = true; }

  std::array<float, 3> values{};
  std::array<float, 2> more{};
  bool is_refreshed = false;

 private:
  nybble::gradients::Parameters parameters_;
  nybble::train::Adam floats_{3}, bytes_{3, {.in_bytes = true}};
};

bool is_zero(float value) {
  return value == 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto path =
      std::filesystem::temp_directory_path() / ("nybble-fuzz-course-" + std::to_string(::getpid()));
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  SmallStudent student;
  nybble::train::CourseState state;
  try {
    if (!nybble::train::CourseFile(path, "key").load(student, state)) std::abort();
    if (!student.is_refreshed || state.report.points.empty()) std::abort();
  } catch (const nybble::Error&) {
    if (student.is_refreshed || !std::ranges::all_of(student.values, is_zero) ||
        !std::ranges::all_of(student.more, is_zero) || !state.report.points.empty())
      std::abort();
  }
  for (const float value : student.values)
    if (!std::isfinite(value)) std::abort();
  return 0;
}
