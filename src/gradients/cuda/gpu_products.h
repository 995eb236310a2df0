// Products of matrices on the GPU, with cuBLAS, which is loaded when the first is wanted.
#pragma once

#include <cublas_v2.h>

#include <memory>

#include "gradients/cuda/gpu_steps.h"
#include "gradients/engine.h"

namespace nybble::gradients::gpu {

// A row-major operand of a product.
struct Operand {
  const float* values = nullptr;
  int step = 0;  // from one row to the next
  bool transposed = false;
};

// One pointer a product, of a batch of products of one shape.
struct OperandBatch {
  const float* const* values = nullptr;
  int step = 0;
  bool transposed = false;
};

// rows and cols of the result, k: what is summed over.
struct ProductShape {
  int rows = 0, cols = 0, k = 0;
};

class Products {
 public:
  // Throws Error(unsupported) where there is no GPU or no cuBLAS.
  explicit Products(Precision precision);
  ~Products();
  Products(const Products&) = delete;
  Products& operator=(const Products&) = delete;

  // c [rows, cols] = factor * a b + keep * c.
  void multiply(const ProductShape& shape, float factor, const Operand& a, const Operand& b,
                float keep, float* c, int c_step) const;
  void multiply(const ProductShape& shape, float factor, const OperandBatch& a,
                const OperandBatch& b, float* const* c, int c_step, int count) const;

 private:
  struct Library;
  std::unique_ptr<Library> library_;
  cublasHandle_t handle_ = nullptr;
  cublasComputeType_t compute_;
};

}  // namespace nybble::gradients::gpu
