# The check scripts find what they are for, in a small tree of its own.
mkdir -p tools src/base src/files include/nybble
cp "$ROOT"/tools/check_* tools && cp "$ROOT/ARCHITECTURE.md" "$ROOT/CMakeLists.txt" .
cat >src/base/utils.h <<'S'
#pragma once
#include "files/gguf.h"
#include "gguf.h"
S
cat >src/files/reader.cpp <<'S'
// Reads.
#include "base/error.h"
int size(int format) {
  switch (format) {
    default: return 0;  // TO_DO
  }
}
S
sed -i 's/TO_/TO/' src/files/reader.cpp  # this script is checked too
echo '// Reads.' >src/base/reader.cpp
printf '// \303\251\n' >include/nybble/model.h
sed -i '/^nybble_folder(tensor/s/formats base/base/' CMakeLists.txt
tools/check_layers; echo "exit $?"
tools/check_switches; echo "exit $?"

objects=build/CMakeFiles/nybble_cpu.dir/src/cpu/avx2
mkdir -p $objects
cat >kernels.cpp <<'S'
namespace nybble { inline float shared(float x) { return x * x; } }
namespace nybble::cpu::avx2 {
inline float own(float x) { return x + 1; }
template <int n> float own_too(float x) { return x + n; }
float run(float x) { return shared(x) + own(x) + own_too<2>(x); }
}
S
g++ -O0 -mavx2 -c kernels.cpp -o $objects/kernels.cpp.o
tools/check_isa build; echo "exit $?"
g++ -O2 -mavx2 -c kernels.cpp -o $objects/kernels.cpp.o
tools/check_isa build; echo "exit $?"
