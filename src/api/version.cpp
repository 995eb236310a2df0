// The version, which the build knows.
#include "nybble/version.h"

namespace nybble {

std::string version() {
  return NYBBLE_VERSION;
}

}  // namespace nybble
