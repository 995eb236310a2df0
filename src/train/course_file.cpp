#include "train/course_file.h"

#include <utility>

#include "base/mapped_file.h"
#include "train/state_bytes.h"

namespace nybble::train {
namespace {

// Do not change: stored in files. The last digit is the version.
constexpr std::string_view magic = "nybble course 1\n";

void write_report(const CourseReport& report, StateWriter& writer) {
  writer.number(std::int32_t{report.best_step});
  writer.number(report.first);
  writer.number(report.best);
  writer.number(report.tokens);
  writer.number(std::uint64_t{report.points.size()});
  for (const CoursePoint& point : report.points) {
    writer.number(std::int32_t{point.step});
    writer.number(point.loss);
    writer.number(static_cast<std::uint8_t>(point.held_out.has_value()));
    writer.number(point.held_out.value_or(0));
  }
}

constexpr std::size_t point_bytes = 4 + 8 + 1 + 8;

CourseReport read_report(StateReader& reader) {
  CourseReport report;
  report.best_step = reader.number<std::int32_t>("the best step");
  report.first = reader.number<double>("the first loss");
  report.best = reader.number<double>("the best loss");
  report.tokens = reader.number<std::int64_t>("the tokens");
  const auto n = reader.number<std::uint64_t>("the number of points");
  if (n == 0 || n > reader.left() / point_bytes)
    reader.refuse(fmt::format("expected points, found {} of them in {} bytes", n, reader.left()));
  for (std::uint64_t i = 0; i < n; ++i) {
    CoursePoint point;
    point.step = reader.number<std::int32_t>("a step");
    point.loss = reader.number<double>("a loss");
    const auto is_held = reader.number<std::uint8_t>("a point");
    const double held = reader.number<double>("a loss on held-out lessons");
    if (is_held != 0) point.held_out = held;
    // One point a step, from 0 on.
    if (std::cmp_not_equal(point.step, i))
      reader.refuse(fmt::format("expected step {}, found {}", i, point.step));
    report.points.push_back(point);
  }
  report.resumed_step = report.points.back().step;
  if (report.best_step < 0 || report.best_step > report.resumed_step)
    reader.refuse(fmt::format("the best step is {} of {}", report.best_step, report.resumed_step));
  return report;
}

// What is in the file, beside the sum.
struct Content {
  CourseState state;
  std::vector<std::vector<float>> values, moments;
  std::vector<std::span<const std::byte>> codes;  // of moments in bytes
};

Content read_content(Student& student, const std::string& key, StateReader& reader) {
  reader.begin(magic, key);
  Content content;
  content.state.looks_in_vain = reader.number<std::int32_t>("the looks in vain");
  content.state.report = read_report(reader);
  student.visit_values([&](std::span<float> values) {
    content.values.push_back(reader.floats(values.size(), "values"));
  });
  student.visit_moments([&](Adam& adam) {
    for (const auto values : adam.state())
      content.moments.push_back(reader.floats(values.size(), "moments"));
    for (const auto codes : adam.codes())
      content.codes.push_back(reader.bytes(codes.size(), "moments"));
  });
  if (reader.number<std::uint8_t>("the best values") != 0) {
    for (const auto& values : content.values)
      content.state.best.push_back(reader.floats(values.size(), "the best values"));
  }
  reader.end();
  return content;
}

}  // namespace

bool CourseFile::load(Student& student, CourseState& state) const {
  std::error_code error;
  if (!std::filesystem::exists(path_, error)) return false;
  const MappedFile file(path_);
  StateReader reader(file.bytes(), path_);
  Content content = read_content(student, key_, reader);
  const auto take = [](const std::vector<std::vector<float>>& from) {
    return [&from, i = std::size_t{0}](std::span<float> values) mutable {
      std::ranges::copy(from[i++], values.begin());
    };
  };
  student.visit_values(take(content.values));
  student.visit_moments(
      [moments = take(content.moments), codes = content.codes.begin()](Adam& adam) mutable {
        std::ranges::for_each(adam.state(), std::ref(moments));
        for (const auto own : adam.codes())
          std::ranges::copy(*codes++, std::as_writable_bytes(own).begin());
      });
  student.refresh();
  state = std::move(content.state);
  return true;
}

void CourseFile::save(Student& student, const CourseState& state) const {
  AtomicFile file(path_, true);
  StateWriter writer(file);
  writer.begin(magic, key_);
  writer.number(std::int32_t{state.looks_in_vain});
  write_report(state.report, writer);
  const auto write = [&](std::span<float> values) { writer.floats(values); };
  student.visit_values(write);
  student.visit_moments([&](Adam& adam) {
    std::ranges::for_each(adam.state(), write);
    for (const auto codes : adam.codes()) writer.bytes(std::as_bytes(codes));
  });
  writer.number(static_cast<std::uint8_t>(!state.best.empty()));
  for (const auto& values : state.best) writer.floats(values);
  writer.end();
  file.commit();
}

}  // namespace nybble::train
