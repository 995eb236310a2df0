#include "runtime/stop_strings.h"

#include <algorithm>
#include <utility>

namespace nybble::runtime {

StopStrings::StopStrings(const std::vector<std::string>& stops) {
  for (const std::string& stop : stops) {
    if (!stop.empty()) stops_.push_back(stop);
  }
}

// Length of the longest end of the pending text with which a stop string begins.
std::size_t StopStrings::held_back() const {
  std::size_t longest = 0;
  for (const std::string& stop : stops_) {
    for (std::size_t n = std::min(stop.size() - 1, pending_.size()); n > longest; --n) {
      if (pending_.ends_with(std::string_view(stop).substr(0, n))) longest = n;
    }
  }
  return longest;
}

std::string StopStrings::push(std::string_view text) {
  if (met_) return {};
  pending_ += text;
  std::size_t end = std::string::npos;
  for (const std::string& stop : stops_) end = std::min(end, pending_.find(stop));
  met_ = end != std::string::npos;
  if (!met_) end = pending_.size() - held_back();
  std::string certain = pending_.substr(0, end);
  pending_.erase(0, end);
  return certain;
}

std::string StopStrings::flush() {
  return met_ ? std::string() : std::exchange(pending_, {});
}

}  // namespace nybble::runtime
