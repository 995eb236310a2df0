# tools/new in a copy of the tree: what it writes passes the check scripts, and nothing is overwritten.
cd "$ROOT" && tar cf - src include docs tools cmake ARCHITECTURE.md CMakeLists.txt | tar xf - -C "$OLDPWD" && cd "$OLDPWD"
tools/check_layers && tools/check_switches || exit 1
for kind in "format q5_x" "model olmo2" "method hqq" "export awq"; do
  echo "\$ tools/new $kind"
  tools/new $kind || exit 1
done
tools/check_layers && tools/check_switches && echo "the check scripts agree"
tools/new format q5_x
echo "exit $?"
tools/new kind "Not A Name"
echo "exit $?"
