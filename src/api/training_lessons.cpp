#include "api/training_lessons.h"

#include <algorithm>

#include "api/chat_lesson.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "calibrate/samples.h"

namespace nybble {
namespace {

constexpr std::size_t most_held_out = 24;
constexpr std::size_t learned_for_one_held_out = 10;

// Cuts it to the context. Whether it still has something to learn.
bool cut(std::size_t context, train::Lesson& lesson, int& n_cut) {
  if (lesson.tokens.size() > context) {
    ++n_cut;
    lesson.tokens.resize(context);
    lesson.labels.resize(context);
  }
  return std::ranges::any_of(lesson.labels, [](std::int32_t label) { return label >= 0; });
}

void add_chats(const OpenedModel& model, const std::filesystem::path& path, std::size_t context,
               TrainingLessons& lessons) {
  const ChatRenderer renderer(model, path);
  for_each_chat(path, [&](const OrderedJson& messages, const std::string& where) {
    train::Lesson lesson = chat_lesson(messages, renderer, *model.tokenizer, where);
    if (cut(context, lesson, lessons.cut)) {
      lessons.learned.push_back(std::move(lesson));
    } else {
      ++lessons.left_out;
    }
  });
}

void add_windows(const OpenedModel& model, const std::vector<std::string>& texts, int context,
                 std::uint64_t seed, TrainingLessons& lessons) {
  const auto samples =
      calibrate::make_samples(texts, *model.tokenizer, {.context = context, .seed = seed});
  for (const calibrate::Sample& sample : samples) {
    train::Lesson lesson{sample.tokens, {sample.tokens.begin() + 1, sample.tokens.end()}};
    lesson.labels.push_back(-1);  // what stands behind the window is in the next one
    lessons.learned.push_back(std::move(lesson));
  }
}

// What is padded says nothing and is behind all that is learned from.
void pad(std::vector<train::Lesson>& lessons) {
  std::size_t longest = 0;
  for (const train::Lesson& lesson : lessons) longest = std::max(longest, lesson.tokens.size());
  for (train::Lesson& lesson : lessons) {
    lesson.tokens.resize(longest, 0);
    lesson.labels.resize(longest, -1);
  }
}

void hold_out(TrainingLessons& lessons) {
  std::vector<train::Lesson> learned;
  const std::size_t all = lessons.learned.size();
  const std::size_t n = std::min(most_held_out, all / learned_for_one_held_out);
  for (std::size_t i = 0, held = 0; i < all; ++i) {
    const bool is_held = held < n && i == held * all / n;
    held += is_held ? 1 : 0;
    (is_held ? lessons.held_out : learned).push_back(std::move(lessons.learned[i]));
  }
  lessons.learned = std::move(learned);
}

}  // namespace

TrainingLessons training_lessons(const OpenedModel& model, const TrainRequest& request) {
  const int context = std::min(request.context, model.source.config.context);
  TrainingLessons lessons;
  std::vector<std::string> texts;
  for (const auto& path : request.texts) {
    if (is_chat_file(path)) {
      add_chats(model, path, static_cast<std::size_t>(context), lessons);
    } else {
      texts.push_back(read_text_file(path));
    }
  }
  if (!texts.empty()) add_windows(model, texts, context, request.seed, lessons);
  if (lessons.learned.empty()) {
    fail(ErrorKind::invalid_input,
         "training: {} files give no lesson: {} conversations have no answer within {} tokens, and "
         "the texts fill no window of that length; give more text or another -c",
         request.texts.size(), lessons.left_out, context);
  }
  pad(lessons.learned);
  hold_out(lessons);
  return lessons;
}

}  // namespace nybble
