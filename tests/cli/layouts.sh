# Layouts of other libraries: written, opened, converted exactly where the grids allow it.
M=$ROOT/models/tale-6m
say() { echo "\$ $*" | sed "s|$ROOT/||g"; "$@" 2>err | sed "s|$ROOT/||g; s/, [0-9.:]* s$/, * s/; s/, [0-9]*:[0-9]*$/, * s/"; local code=${PIPESTATUS[0]}; [ "$code" -eq 0 ] || { sed "s|$ROOT/||g" err; echo "exit $code"; }; }
say nybble quantize $M q gptq:4b-g128
ls q
say nybble inspect q | head -9
say nybble quantize $M q gptq:4b-g128
say nybble convert q q.gguf --check $ROOT/models/tale-6m-eval.txt
say nybble convert q.gguf back gptq:4b-g32
say nybble convert q ct ct:w4a16-g128
say nybble convert ct awq awq:4b-g128
say nybble convert awq n bnb:nf4-dq
say nybble run q -p "Once upon a time" -n 12 --temp 0
say nybble run q.gguf -p "Once upon a time" -n 12 --temp 0
say nybble run awq -p "Once upon a time" -n 12 --temp 0
say nybble receipt q | head -3
sed -n '1,14p' q/README.md
# What does not go.
say nybble quantize $M x gptq:5b-g128
say nybble quantize $M x exl3:4b
say nybble quantize $M x awq:4b-g128 --pure
say nybble quantize q x.gguf Q4_K
say nybble run $M --compute llm-int9 -p a
cp -r q broken; python3 - <<'PY'
import json
config = json.load(open('broken/config.json'))
config['quantization_config']['group_size'] = 48
json.dump(config, open('broken/config.json', 'w'))
PY
say nybble run broken -p a
sed -i 's/"quant_method": "gptq"/"quant_method": "quip"/' broken/config.json
say nybble run broken -p a
# Without a label the weights say which zero points they have; --assume says otherwise.
cp -r q old; python3 - <<'PY'
import json
config = json.load(open('old/config.json'))
del config['quantization_config']['checkpoint_format']
json.dump(config, open('old/config.json', 'w'))
PY
say nybble convert old old.gguf
say nybble convert old wrong.gguf --assume gptq_v2
cmp <(tail -c 4000000 q.gguf) <(tail -c 4000000 old.gguf) && echo "read as before"
