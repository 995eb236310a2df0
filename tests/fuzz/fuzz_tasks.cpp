// Any bytes are tasks in each of the three formats, or an Error. The first byte chooses.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "evaluate/task_files.h"
#include "nybble/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nybble::evaluate;
  constexpr std::vector<Question> (*parsers[])(std::string_view, const std::string&) = {
      parse_hellaswag, parse_winogrande, parse_multiple_choice};
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    const auto questions = parsers[data[0] % 3](bytes, "fuzz");
    if (questions.empty()) std::abort();
    for (const Question& question : questions) {
      if (question.answers.size() < 2 || question.is_right.size() != question.answers.size())
        std::abort();
    }
  } catch (const nybble::Error&) {
  }
  return 0;
}
