// Texts and chats as lessons of one length.
#pragma once

#include "api/opened_model.h"
#include "nybble/train.h"
#include "train/objective.h"

namespace nybble {

struct TrainingLessons {
  std::vector<train::Lesson> learned, held_out;
  int cut = 0, left_out = 0;  // conversations: longer than the context; without an answer in it
  int length() const { return static_cast<int>(learned.front().tokens.size()); }
};

// Windows of text, where every next token is a label, and conversations, one a lesson, where the
// answers are. A tenth is held out, at most 24. Throws Error(invalid_input) when there is none.
TrainingLessons training_lessons(const OpenedModel& model, const TrainRequest& request);

}  // namespace nybble
