// The one exception type of nybble: what kind of failure, and one sentence saying where, what was
// expected, what was found and what to do.
#pragma once

#include <stdexcept>
#include <string>

namespace nybble {

// The kind decides the exit code of the program: exit code = 1 + place in this list.
enum class ErrorKind {
  invalid_input,  // a wrong argument, or input that contradicts itself
  corrupt_file,   // a file that breaks its format
  unsupported,    // valid, but outside what nybble does
  out_of_memory,
  device,
  io,
  cancelled,  // the caller asked to stop
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& sentence) : std::runtime_error(sentence), kind_(kind) {}
  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace nybble
