// What runs through a model for calibration: texts, and chats as its template renders them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "api/opened_model.h"

namespace nybble {

struct CalibrationTexts {
  std::vector<std::string> names, contents;
};

// A file NAME.jsonl holds a chat a line, {"messages": [{"role": ..., "content": ...}, ...]}; others
// are text. Of no file: the text that comes with nybble. Throws
// Error(invalid_input) naming file and line.
CalibrationTexts read_calibration_texts(const std::vector<std::filesystem::path>& paths,
                                        const OpenedModel& model);

}  // namespace nybble
