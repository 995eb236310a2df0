// Any file is lessons or an Error.
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "nybble/error.h"
#include "train/lesson_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto path = std::filesystem::temp_directory_path() /
                           ("nybble-fuzz-lessons-" + std::to_string(::getpid()));
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    if (!nybble::train::LessonFile(path, "key").load()) std::abort();
  } catch (const nybble::Error&) {
  }
  return 0;
}
