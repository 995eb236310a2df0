# One sentence, the right exit code, and no output left.
M=$ROOT/models/tale-6m
say() { echo "\$ $*" | sed "s|$ROOT/||g"; "$@" 2>&1 | sed "s|$ROOT/||g"; echo "exit ${PIPESTATUS[0]}"; }
say nybble inspect nowhere.gguf
say nybble inspect .
: >empty.gguf
say nybble inspect empty.gguf
echo "this is no model at all" >text.gguf
say nybble inspect text.gguf
nybble convert $M whole.gguf >/dev/null 2>&1
head -c 300000 whole.gguf >cut.gguf
say nybble inspect cut.gguf
say nybble quantize cut.gguf out.gguf Q8_0
mkdir -p odd && cp $M/* odd && sed 's/LlamaForCausalLM/OddForCausalLM/; s/"llama"/"odd"/' $M/config.json >odd/config.json
say nybble quantize odd out.gguf Q8_0
mkdir -p nan && cp $M/* nan && python3 - nan/model.safetensors <<'PY'
import json, struct, sys
with open(sys.argv[1], 'r+b') as f:
    n = struct.unpack('<Q', f.read(8))[0]
    entry = json.loads(f.read(n))['model.layers.2.mlp.up_proj.weight']
    f.seek(8 + n + entry['data_offsets'][0] + 2 * 5)
    f.write(b'\xc0\x7f')
PY
say nybble quantize nan out.gguf Q8_0 2>&1 | tail -n 2
say nybble quantize nan out.gguf Q8_0 --allow-nan 2>&1 | tail -n 2
rm -f out.gguf
say nybble quantize $M nofolder/out.gguf Q8_0
say nybble quantize $M out.gguf Q2_K --gpu
cp -r $M own && say nybble quantize own own/model.safetensors Q8_0 --force 2>&1 | tail -n 3; cmp own/model.safetensors $M/model.safetensors
[ "$(id -u)" -eq 0 ] || { mkdir locked; chmod 500 locked; nybble quantize $M locked/out.gguf Q8_0 2>/dev/null; [ $? -eq 6 ] || echo "no permission: wrong exit code"; chmod 700 locked; }
say nybble eval $M -f nowhere.txt
echo "too short" >short.txt
say nybble eval $M -f short.txt
say nybble eval $M
say nybble eval $M -f short.txt -c many
nybble formats >/dev/full; echo "exit $?"
ls -A | grep -v -e '^own$' -e '^odd$' -e '^nan$' -e '^locked$'
