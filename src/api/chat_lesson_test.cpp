// What a model learns of conversations: the answers, and nothing of what stands around them.
#include "api/chat_lesson.h"

#include <gtest/gtest.h>

#include "api/training_lessons.h"
#include "base/error_check.h"
#include "base/temporary_folder.h"

namespace nybble {
namespace {

using testing::HasSubstr;

// Writes only the last answer with thoughts, as Qwen3's does.
constexpr const char* thoughtful =
    "{% for m in messages %}<|endoftext|>{{ m.role }}\n"
    "{% if m.role == 'assistant' and loop.last %}<think></think>{% endif %}"
    "{{ m.content }}<|endoftext|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|endoftext|>assistant\n{% endif %}";
constexpr const char* plain =
    "{% for m in messages %}<|endoftext|>{{ m.role }}\n{{ m.content | trim }}<|endoftext|>"
    "\n{% endfor %}{% if add_generation_prompt %}<|endoftext|>assistant\n{% endif %}";

const char* const chat =
    R"({"messages": [{"role": "user", "content": "Who was there?"},)"
    R"({"role": "assistant", "content": "A little dog."},{"role": "user", "content": "And then?"},)"
    R"({"role": "assistant", "content": "It ran home. "}]})";

struct Model {
  explicit Model(const char* chat_template) {
    std::filesystem::copy("models/tale-6m", folder / "model");
    folder.make("model/chat_template.jinja", chat_template);
    model = open_for_reading(folder / "model");
  }
  TemporaryFolder folder;
  OpenedModel model;
};

train::Lesson lesson_of(const Model& with, const char* text) {
  const ChatRenderer renderer(with.model, "chats.jsonl");
  return chat_lesson(OrderedJson::parse(text)["messages"], renderer, *with.model.tokenizer,
                     "chats.jsonl:1");
}

// Each run of labels as text.
std::vector<std::string> learned(const Model& with, const train::Lesson& lesson) {
  std::vector<std::string> runs;
  std::vector<std::int32_t> run;
  for (std::size_t t = 0; t <= lesson.labels.size(); ++t) {
    if (t < lesson.labels.size() && lesson.labels[t] >= 0) {
      EXPECT_EQ(lesson.labels[t], lesson.tokens[t + 1]);
      run.push_back(lesson.labels[t]);
    } else if (!run.empty()) {
      runs.push_back(with.model.tokenizer->decode(run, true));
      run.clear();
    }
  }
  return runs;
}

TEST(ChatLesson, learns_the_answers_with_what_ends_them) {
  const Model with(plain);
  EXPECT_THAT(learned(with, lesson_of(with, chat)),
              testing::ElementsAre("A little dog.<|endoftext|>\n", "It ran home.<|endoftext|>\n"));
}

TEST(ChatLesson, finds_answers_that_the_template_writes_otherwise_when_they_are_not_the_last) {
  const Model with(thoughtful);
  EXPECT_THAT(learned(with, lesson_of(with, chat)),
              testing::ElementsAre("A little dog.<|endoftext|>\n",
                                   "<think></think>It ran home. <|endoftext|>\n"));
}

TEST(ChatLesson, refuses_a_template_that_does_not_append) {
  const Model with("{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}");
  expect_error([&] { lesson_of(with, chat); }, ErrorKind::unsupported,
               testing::AllOf(HasSubstr("chats.jsonl:1"), HasSubstr("message 2")));
}

TrainRequest request_for(const std::filesystem::path& chats, int context) {
  TrainRequest request;
  request.texts = {chats};
  request.context = context;
  return request;
}

TEST(TrainingLessons, are_of_one_length_without_labels_in_what_is_padded) {
  const Model with(plain);
  const std::string brief =
      R"({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})";
  std::string lines;
  for (int i = 0; i < 19; ++i) lines += brief + "\n";
  const auto path = with.folder.make("chats.jsonl", lines + "\n" + chat + "\n");
  const TrainingLessons lessons = training_lessons(with.model, request_for(path, 512));
  EXPECT_EQ(lessons.learned.size(), 18u);
  EXPECT_EQ(lessons.held_out.size(), 2u);
  const auto whole = lesson_of(with, chat), part = lesson_of(with, brief.c_str());
  EXPECT_EQ(lessons.learned.back().tokens, whole.tokens);
  EXPECT_EQ(lessons.learned.back().labels, whole.labels);
  train::Lesson padded = part;
  padded.tokens.resize(whole.tokens.size(), 0);
  padded.labels.resize(whole.tokens.size(), -1);
  EXPECT_EQ(lessons.learned.front().tokens, padded.tokens);
  EXPECT_EQ(lessons.learned.front().labels, padded.labels);
}

TEST(TrainingLessons, are_cut_to_the_context_or_left_out) {
  const Model with(plain);
  const auto path = with.folder.make("chats.jsonl", chat);
  const TrainingLessons lessons = training_lessons(with.model, request_for(path, 20));
  EXPECT_EQ(lessons.cut, 1);
  EXPECT_EQ(lessons.length(), 20);
  expect_error([&] { training_lessons(with.model, request_for(path, 4)); },
               ErrorKind::invalid_input, HasSubstr("1 conversations have no answer within 4"));
}

}  // namespace
}  // namespace nybble
