#include "train/lesson_file.h"

#include "base/mapped_file.h"
#include "train/state_bytes.h"

namespace nybble::train {
namespace {

// Do not change: stored in files. The last digit is the version.
constexpr std::string_view magic = "nybble lessons 1\n";

void write_lessons(const std::vector<Lesson>& lessons, StateWriter& writer) {
  writer.number(std::uint64_t{lessons.size()});
  for (const Lesson& lesson : lessons) {
    writer.number(std::uint64_t{lesson.tokens.size()});
    writer.bytes(std::as_bytes(std::span(lesson.tokens)));
  }
}

std::vector<Lesson> read_lessons(StateReader& reader) {
  const auto n = reader.number<std::uint64_t>("the number of lessons");
  if (n > reader.left() / sizeof(std::uint64_t))
    reader.refuse(fmt::format("expected lessons, found {} of them in {} bytes", n, reader.left()));
  std::vector<Lesson> lessons(static_cast<std::size_t>(n));
  for (Lesson& lesson : lessons) {
    const auto length = reader.number<std::uint64_t>("the length of a lesson");
    if (length > reader.left() / sizeof(std::int32_t))
      reader.refuse(fmt::format("a lesson has {} tokens in {} bytes", length, reader.left()));
    lesson.tokens.resize(static_cast<std::size_t>(length));
    const auto bytes = reader.bytes(length * sizeof(std::int32_t), "tokens");
    std::ranges::copy(bytes, std::as_writable_bytes(std::span(lesson.tokens)).begin());
  }
  return lessons;
}

}  // namespace

std::optional<LessonSets> LessonFile::load() const {
  std::error_code error;
  if (!std::filesystem::exists(path_, error)) return std::nullopt;
  const MappedFile file(path_);
  StateReader reader(file.bytes(), path_);
  reader.begin(magic, key_);
  LessonSets lessons;
  lessons.learned = read_lessons(reader);
  lessons.held_out = read_lessons(reader);
  reader.end();
  return lessons;
}

void LessonFile::save(const LessonSets& lessons) const {
  AtomicFile file(path_, true);
  StateWriter writer(file);
  writer.begin(magic, key_);
  write_lessons(lessons.learned, writer);
  write_lessons(lessons.held_out, writer);
  writer.end();
  file.commit();
}

}  // namespace nybble::train
