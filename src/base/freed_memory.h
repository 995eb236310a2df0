// Memory that is freed and soon wanted again.
#pragma once

namespace nybble {

// While one lives, the process keeps what it frees instead of giving it back to the system, which
// would clear every page again for the next step of a loop with the same large buffers (a sixth of
// the time of a training step). Counts for the whole process; one at a time.
class KeepFreedMemory {
 public:
  KeepFreedMemory();
  ~KeepFreedMemory();
  KeepFreedMemory(const KeepFreedMemory&) = delete;
  KeepFreedMemory& operator=(const KeepFreedMemory&) = delete;
};

// Gives what was freed back to the system, and from now on large blocks at once, so that what the
// process holds is what it uses. While a KeepFreedMemory lives, it keeps what is freed later.
void return_freed_memory();

}  // namespace nybble
