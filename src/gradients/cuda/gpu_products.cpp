#include "gradients/cuda/gpu_products.h"

#include <dlfcn.h>

#include <string>

#include "base/error.h"

namespace nybble::gradients::gpu {
namespace {

// Versions with the same calls, and names that systems and CUDA's own packages give.
constexpr const char* names[] = {"libcublas.so.13", "libcublas.so.12", "libcublas.so",
                                 "/usr/local/cuda/lib64/libcublas.so"};

void* open_library() {
  std::string tried;
  for (const char* name : names) {
    if (void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
    tried += fmt::format("\n  {}", dlerror());
  }
  fail(ErrorKind::unsupported,
       "--gpu needs cuBLAS, which is part of CUDA and was not found; set LD_LIBRARY_PATH to its "
       "folder:{}",
       tried);
}

template <class Function>
Function* function_of(void* library, const char* name) {
  void* found = dlsym(library, name);
  if (found == nullptr) fail(ErrorKind::unsupported, "this cuBLAS has no {}", name);
  return reinterpret_cast<Function*>(found);
}

cublasOperation_t operation(bool transposed) {
  return transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
}

void check_blas(cublasStatus_t state) {
  if (state == CUBLAS_STATUS_SUCCESS) return;
  fail(ErrorKind::unsupported, "cuBLAS says {} of a product; without --gpu the CPU computes this",
       static_cast<int>(state));
}

}  // namespace

struct Products::Library {
  void* handle = open_library();
  decltype(&cublasCreate_v2) create =
      function_of<decltype(cublasCreate_v2)>(handle, "cublasCreate_v2");
  decltype(&cublasDestroy_v2) destroy =
      function_of<decltype(cublasDestroy_v2)>(handle, "cublasDestroy_v2");
  cublasStatus_t (*multiply)(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int,
                             const void*, const void*, cudaDataType, int, const void*, cudaDataType,
                             int, const void*, void*, cudaDataType, int, cublasComputeType_t,
                             cublasGemmAlgo_t) =
      function_of<std::remove_pointer_t<decltype(multiply)>>(handle, "cublasGemmEx");
  cublasStatus_t (*multiply_batch)(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int,
                                   int, const void*, const void* const[], cudaDataType, int,
                                   const void* const[], cudaDataType, int, const void*,
                                   void* const[], cudaDataType, int, int, cublasComputeType_t,
                                   cublasGemmAlgo_t) =
      function_of<std::remove_pointer_t<decltype(multiply_batch)>>(handle, "cublasGemmBatchedEx");
};

Products::Products(Precision precision)
    : compute_(precision == Precision::bf16 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F) {
  int devices = 0;
  if (const cudaError_t state = cudaGetDeviceCount(&devices); state != cudaSuccess) {
    fail(
        ErrorKind::unsupported,
        "--gpu: no NVIDIA GPU was found that this nybble can use ('{}'); without --gpu it computes "
        "on the CPU",
        cudaGetErrorString(state));
  }
  library_ = std::make_unique<Library>();
  check_blas(library_->create(&handle_));
}

Products::~Products() {
  if (handle_ != nullptr) library_->destroy(handle_);
}

// cuBLAS has columns one after the other: to it these are c^T = b^T a^T.
void Products::multiply(const ProductShape& shape, float factor, const Operand& a, const Operand& b,
                        float keep, float* c, int c_step) const {
  check_blas(library_->multiply(handle_, operation(b.transposed), operation(a.transposed),
                                shape.cols, shape.rows, shape.k, &factor, b.values, CUDA_R_32F,
                                b.step, a.values, CUDA_R_32F, a.step, &keep, c, CUDA_R_32F, c_step,
                                compute_, CUBLAS_GEMM_DEFAULT));
}

void Products::multiply(const ProductShape& shape, float factor, const OperandBatch& a,
                        const OperandBatch& b, float* const* c, int c_step, int count) const {
  const float keep = 0;
  const auto pointers = [](auto values) { return reinterpret_cast<const void* const*>(values); };
  check_blas(library_->multiply_batch(handle_, operation(b.transposed), operation(a.transposed),
                                      shape.cols, shape.rows, shape.k, &factor, pointers(b.values),
                                      CUDA_R_32F, b.step, pointers(a.values), CUDA_R_32F, a.step,
                                      &keep, reinterpret_cast<void* const*>(c), CUDA_R_32F, c_step,
                                      count, compute_, CUBLAS_GEMM_DEFAULT));
}

}  // namespace nybble::gradients::gpu
