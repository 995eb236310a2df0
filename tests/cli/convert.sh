# There and back: the weights are the same bytes.
M=$ROOT/models/tale-6m
say() { echo "\$ $*" | sed "s|$ROOT/||g"; "$@" 2>err | sed "s|$ROOT/||g"; local code=${PIPESTATUS[0]}; [ "$code" -eq 0 ] || { cat err; echo "exit $code"; }; }
say nybble convert $M tale.gguf
say nybble convert tale.gguf back
say nybble convert tale.gguf back
say nybble convert tale.gguf tale-f32.gguf --type F32 --json
ls . back
python3 - $M/model.safetensors back/model.safetensors <<'PY'
import json, struct, sys
def tensors(path):
    data = open(path, 'rb').read()
    n = struct.unpack('<Q', data[:8])[0]
    header = json.loads(data[8:8 + n])
    header.pop('__metadata__', None)
    return {k: (v['dtype'], v['shape'], data[8 + n + v['data_offsets'][0]:8 + n + v['data_offsets'][1]])
            for k, v in header.items()}
a, b = map(tensors, sys.argv[1:])
print('tensors agree' if a == b else sorted(set(a) ^ set(b)) or [k for k in a if a[k] != b[k]])
PY
for text in "Once upon a time" "  two  spaces, \"quotes\" and <|endoftext|>"; do
  a=$(nybble tokenize $M "$text" --ids); b=$(nybble tokenize back "$text" --ids); c=$(nybble tokenize tale.gguf "$text" --ids)
  [ "$a" = "$b" ] && [ "$a" = "$c" ] && echo "tokenizers agree: $a"
done
