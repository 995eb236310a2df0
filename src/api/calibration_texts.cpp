#include "api/calibration_texts.h"

#include "api/calibration.h"
#include "api/chats.h"
#include "base/mapped_file.h"

namespace nybble {
namespace {

// calibrate/samples.h ends documents there.
constexpr std::string_view document_end = "<|endoftext|>";
std::string render_chats(const std::filesystem::path& path, const OpenedModel& model) {
  const ChatRenderer renderer(model, path);
  std::string text;
  for_each_chat(path, [&](const OrderedJson& messages, const std::string&) {
    text += renderer.render(messages, false);
    text += document_end;
  });
  return text;
}

}  // namespace

CalibrationTexts read_calibration_texts(const std::vector<std::filesystem::path>& paths,
                                        const OpenedModel& model) {
  if (paths.empty()) return {{"nybble"}, {std::string(default_calibration_text())}};
  CalibrationTexts texts;
  for (const auto& path : paths) {
    texts.names.push_back(path.filename().string());
    texts.contents.push_back(is_chat_file(path) ? render_chats(path, model) : read_text_file(path));
  }
  return texts;
}

}  // namespace nybble
