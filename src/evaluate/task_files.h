// The task files of llama.cpp's tools/perplexity (its README describes them; include/nybble/tasks.h
// says what they hold). Bytes may be hostile.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nybble::evaluate {

// Each answer continues the one `before`; `after` follows the answer where the question goes on
// (winogrande), and then its tokens are what is scored.
struct Question {
  std::string before, after;
  std::vector<std::string> answers;  // two or more
  std::vector<bool> is_right;        // of each answer
};

// Throw Error(corrupt_file): "<where>: ..." with the line or the number of the task.
std::vector<Question> parse_hellaswag(std::string_view text, const std::string& where);
std::vector<Question> parse_winogrande(std::string_view text, const std::string& where);
std::vector<Question> parse_multiple_choice(std::string_view bytes, const std::string& where);

}  // namespace nybble::evaluate
