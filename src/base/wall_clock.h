// The time of day, for what shows it to people.
#pragma once

#include <chrono>
#include <cstdint>

namespace nybble {

// Seconds since 1970, UTC.
inline std::int64_t seconds_now() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace nybble
