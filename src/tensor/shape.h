// The shape of a tensor, outermost dimension first: a weight is [out, in].
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace nybble {

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<std::int64_t> dims) : dims_(std::move(dims)) {}

  int rank() const { return static_cast<int>(dims_.size()); }
  std::int64_t operator[](int i) const { return dims_[static_cast<std::size_t>(i)]; }
  std::span<const std::int64_t> dims() const { return dims_; }
  // Length of the last dimension; 1 for a scalar.
  std::int64_t cols() const { return dims_.empty() ? 1 : dims_.back(); }
  // Product of all dimensions but the last.
  std::int64_t rows() const;
  // Product of all dimensions. The readers of files make sure that it fits.
  std::int64_t count() const { return rows() * cols(); }
  // "[4096, 11008]"
  std::string to_string() const;
  bool operator==(const Shape&) const = default;

 private:
  std::vector<std::int64_t> dims_;
};

}  // namespace nybble
