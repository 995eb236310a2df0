// Ends a stream of text before the first of some strings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nybble::runtime {

// Holds back the end of the text as long as it may be the beginning of a stop string.
class StopStrings {
 public:
  // Empty strings are left out.
  explicit StopStrings(const std::vector<std::string>& stops);

  // Text that is certain now. After a stop string was met there is none any more.
  std::string push(std::string_view text);
  // What was held back, at the end of the stream.
  std::string flush();
  bool met() const { return met_; }

 private:
  std::size_t held_back() const;

  std::vector<std::string> stops_;
  std::string pending_;
  bool met_ = false;
};

}  // namespace nybble::runtime
