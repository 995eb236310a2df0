// A quantized model that learns on its own lattice: what stays float in its blocks, its norms and
// biases, and when wanted its codes, too. What it computes is at every time what the blocks hold,
// so nothing is rounded at the end.
#pragma once

#include <map>
#include <optional>

#include "train/block_floats.h"
#include "train/latent_matrix.h"
#include "train/student.h"

namespace nybble::train {

// How far a step goes, and what it keeps. What a matrix lost to rounding, the root of the squared
// error relative to its squares, is the measure for what can be won back: 0.07 in Q4_K, 0.3 in
// Q2_K.
struct TuneOptions {
  float block_floats = 3e-3f;     // of the magnitude of each float and the error of its matrix
  float norms = 1.5e-3f;          // of the magnitude of each value and the mean of these errors
  float codes = 9e-4f;            // steps of the grid; 0: they do not learn
  bool moments_in_bytes = false;  // of codes, which are most of what learns
};

class TunedStudent : public Student {
 public:
  // parameters: what was encoded, with the tensors that are not. Matrices are told by their names.
  TunedStudent(gradients::Parameters parameters, std::vector<EncodedMatrix> matrices,
               const TuneOptions& options, ThreadPool& pool);

  const gradients::Parameters& parameters() const override { return parameters_; }
  bool learns(const gradients::ParameterView& view) const override;
  void learn(gradients::Parameters& gradients, float rate) override;
  void visit_values(const Visit& visit) override;
  void visit_moments(const VisitMoments& visit) override;
  void refresh() override;

  std::vector<EncodedMatrix> matrices() const;

 private:
  struct Part {
    EncodedMatrix matrix;
    std::optional<BlockFloats> floats;
    std::optional<LatentMatrix> latent;
    float error = 0;

    bool learns() const { return floats || latent; }
    // gradient and values [rows, cols] of the matrix; values become what the blocks then hold.
    void learn(std::span<const float> gradient, float rate, const TuneOptions& options,
               std::span<float> values, ThreadPool& pool);
    void refresh(std::span<float> values, ThreadPool& pool);
  };

  gradients::Parameters parameters_;
  TuneOptions options_;
  ThreadPool& pool_;
  std::map<std::string, Part> parts_;
  struct Vector {
    std::vector<float> units;
    Adam moments;
  };
  void add_part(EncodedMatrix matrix, std::vector<float>& values);
  void add_vectors();

  std::map<std::string, Vector> vectors_;
};

}  // namespace nybble::train
