# Sourced by the transcripts of pull: starts the hub, sets HF_ENDPOINT and an empty cache in ./cache.
mkdir hub
python3 "$ROOT/tests/cli/fake_hub.py" hub &
hub_id=$!
trap 'kill $hub_id' EXIT
for _ in $(seq 100); do [ -f hub/endpoint ] && break; sleep 0.1; done
export HF_ENDPOINT=$(cat hub/endpoint) HF_HOME=$PWD/cache

# say COMMAND...: the command, its output with the folder shortened, its exit code.
say() {
  echo "\$ $*"
  "$@" >out 2>&1
  local code=$?
  sed -e "s|$PWD/||g" -e "s|$HF_ENDPOINT|HUB|g" out
  [ $code -eq 0 ] || echo "exit $code"
}
# Requests since the last call.
requests() { sed 's/^/  /' hub/log; : >hub/log; }
