// The last step of a method that tunes: what stays float in the encoded model learns from the model
// before.
#pragma once

#include <map>
#include <string>

#include "api/opened_model.h"
#include "api/tensor_stream.h"
#include "nybble/quantize.h"
#include "train/course.h"
#include "train/lesson_file.h"
#include "train/tuned_student.h"

namespace nybble {

// Where a tuning is kept to go on from.
struct TuningFiles {
  train::CourseFile course;
  train::LessonFile lessons;
};

// Throws Error(invalid_input) for what cannot be tuned with.
void check_tuning(const TuningSettings& settings);

class Tuning {
 public:
  // Throws Error(out_of_memory) with what tuning this model needs.
  Tuning(const OpenedModel& model, const QuantizeRequest& request,
         const ProgressCallback& progress);

  // Encodes the tensors as the stream would, and tunes them. folded: the model that they are of.
  // files: nullptr when nothing is kept.
  TuningReport run(const models::ModelSource& folded, std::span<const OutputTensor> tensors,
                   const quantize::Method& method, const StreamOptions& stream,
                   const TuningFiles* files);
  // What became of a tensor; nullptr: nothing.
  const EncodedTensor* known(const OutputTensor& output) const;

 private:
  void encode(std::span<const OutputTensor> tensors, const quantize::Method& method,
              const StreamOptions& stream);
  train::LessonSets lessons(const TuningFiles* files) const;
  TuningReport learn(train::TunedStudent& student, const TuningFiles* files);
  void take(const train::TunedStudent& student, const models::ModelSource& folded,
            std::span<const OutputTensor> tensors);

  const OpenedModel& model_;
  const QuantizeRequest& request_;
  const ProgressCallback& progress_;
  ThreadPool pool_;
  std::map<std::string, EncodedTensor> encoded_;  // by the name of the source
};

}  // namespace nybble
