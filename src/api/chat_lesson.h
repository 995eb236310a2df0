// A conversation as a lesson: its tokens, and as labels what the model itself says in it.
#pragma once

#include "api/chats.h"
#include "text/tokenizer.h"
#include "train/objective.h"

namespace nybble {

// As long as the conversation; labels are the tokens of the assistant's messages, with what ends
// them. where: of the conversation, for messages. Throws Error(unsupported) for a template that
// does not write conversations by appending to them.
train::Lesson chat_lesson(const OrderedJson& messages, const ChatRenderer& renderer,
                          const text::Tokenizer& tokenizer, const std::string& where);

}  // namespace nybble
