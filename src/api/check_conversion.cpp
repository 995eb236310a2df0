// What a conversion changed in the model's answers.
#include <unistd.h>

#include "base/error.h"
#include "nybble/compare.h"
#include "nybble/convert.h"

namespace nybble {
namespace {

// A folder beside the output, gone at the end with what is in it.
class PassingFolder {
 public:
  explicit PassingFolder(const std::filesystem::path& output) {
    const std::string name = fmt::format(".{}.plain-{}", output.filename().string(), ::getpid());
    path_ = output.parent_path() / name;
    std::error_code error;
    if (!std::filesystem::create_directory(path_, error))
      fail(ErrorKind::io, "{}: cannot be made: {}", path_.string(), error.message());
  }
  PassingFolder(const PassingFolder&) = delete;
  PassingFolder& operator=(const PassingFolder&) = delete;
  ~PassingFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Whether it is rounded otherwise than quantize_model() does when it is asked for nothing.
bool is_rounded_with_care(const ConvertRequest& request) {
  return !request.method.empty() || !request.calibration.empty();
}

}  // namespace

ConversionCheck check_conversion(const ConvertRequest& request, const ConvertReport& report,
                                 const std::filesystem::path& text,
                                 const ProgressCallback& progress) {
  CompareRequest comparison;
  comparison.reference = request.input;
  comparison.reference_lora = request.merge;
  comparison.models = {report.output};
  comparison.settings.text = text;
  std::optional<PassingFolder> folder;
  if (!request.merge.empty() && is_rounded_with_care(request)) {
    folder.emplace(request.output);
    ConvertRequest plain = request;
    plain.output = folder->path() / ("plain" + request.output.extension().string());
    plain.method.clear();
    plain.calibration.clear();
    comparison.models.emplace_back(convert_model(plain, progress).output);
  }
  const CompareReport compared = compare_models(comparison, progress);
  ConversionCheck check{.output = compared.models.front().measurement, .plain = {}};
  if (folder) check.plain = compared.models.back().measurement;
  return check;
}

}  // namespace nybble
