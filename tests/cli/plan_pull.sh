# Of a repository `plan` pulls the config.json alone. That of the hub here is no JSON, which is said once it was pulled.
. "$ROOT/tests/cli/with_hub.bash"
say nybble plan org/hf --memory 1G
requests
find cache/hub/models--org--hf/snapshots -type l
say nybble plan org/gguf --memory 1G
say nybble plan org/hf --offline --memory 1G
