. "$ROOT/tests/cli/with_hub.bash"
echo "- a repository of GGUF files: the default, asked again, another quant"
say nybble pull org/gguf
requests
say nybble pull hf.co/org/gguf:q8_0@v1
requests
say nybble pull org/gguf
requests
(cd cache/hub && find . -type f -o -type l | sort | while read -r f; do echo "$f$([ -L "$f" ] && echo " -> $(readlink "$f")")"; done)
cat cache/hub/models--org--gguf/refs/main; echo
echo "- all parts of a split model, and a checkpoint of safetensors"
say nybble pull org/split
say nybble pull org/hf --json
find cache/hub/models--org--hf/snapshots -type l | sort
echo "- dry run"
say nybble pull hf://org/gguf/mmproj-F16.gguf --dry-run
echo "- offline: from the cache, without a request"
: >hub/log
say env HF_HUB_OFFLINE=1 nybble pull org/gguf
say nybble pull org/split --offline
say nybble pull org/other --offline
requests
echo "- the hub is gone: what the cache has, and it is said"
HF_ENDPOINT=http://127.0.0.1:9 nybble pull org/gguf:q8_0 2>&1 | sed "s|$PWD/||g"
