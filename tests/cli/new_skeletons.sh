# tools/new in a copy of the tree: what it writes compiles and passes the check scripts.
cd "$ROOT" && tar cf - src include docs tools cmake ARCHITECTURE.md CMakeLists.txt | tar xf - -C "$OLDPWD" && cd "$OLDPWD"
tools/check_layers && tools/check_switches || exit 1
for kind in "format q5_x" "model olmo2" "method gptq" "export awq"; do
  echo "\$ tools/new $kind"
  tools/new $kind || exit 1
done
tools/check_layers && tools/check_switches && echo "the check scripts agree"
for file in src/formats/registry.cpp src/formats/q5_x_test.cpp src/models/all.cpp src/models/olmo2.cpp \
            src/quantize/all.cpp src/quantize/gptq.cpp src/export/all.cpp src/export/awq_export.cpp; do
  g++ -std=c++20 -fsyntax-only -Wall -Wextra -Werror -Isrc -Iinclude $file && echo "compiles: $file"
done
tools/new format q5_x
echo "exit $?"
tools/new kind "Not A Name"
echo "exit $?"
