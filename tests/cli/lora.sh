# An adapter beside the weights, merged into them, and those that are refused.
M=$ROOT/models/tale-6m A=$ROOT/tests/golden/adapters/tale
say() { echo "\$ $*" | sed "s|$ROOT/||g"; "$@" 2>err | sed "s|$ROOT/||g"; local code=${PIPESTATUS[0]}; [ "$code" -eq 0 ] || { sed "s|$ROOT/||g" err; echo "exit $code"; }; }
head -c 12000 $ROOT/models/tale-6m-eval.txt >text.txt
say nybble run $M -p "Once upon a time" -n 24 --temp 0 --compute exact
say nybble run $M -p "Once upon a time" -n 24 --temp 0 --compute exact --lora $A
# The same model in any container, and merged, is as perplexed.
nybble convert $M tale.gguf >/dev/null 2>&1
say nybble convert $M merged.gguf F32 --merge $A
for model in "$M" "$M --lora $A" "tale.gguf --lora $A" merged.gguf; do
  echo "$model: perplexity $(nybble eval $model -f text.txt --json 2>/dev/null | python3 -c 'import json, sys; print("%.4f" % json.load(sys.stdin)["perplexity"])')" | sed "s|$ROOT/||g"
done
# On quantized weights, and what merging into them costs, rounded with and without care.
nybble quantize $M q4.gguf Q4_0 >/dev/null 2>&1
say nybble convert q4.gguf merged-f16.gguf --merge $A --check text.txt
nybble convert q4.gguf merged-q4.gguf Q4_0 --merge $A --method gptq --calibration text.txt --check text.txt --json >json 2>err || cat err
python3 - <<'PY'
import json
report = json.load(open('json'))
care, plain = (report[key]['kld']['mean'] for key in ('check', 'plain_merge'))
print(report['merged'], 'linears merged;', sum(t['merged'] for t in report['converted']), 'of the tensors;',
      sum(t['relative_error'] == 0 for t in report['converted']), 'others exact')
print('with care is better' if care < plain else f'with care {care}, plain {plain}')
PY
nybble receipt merged-q4.gguf | grep -A 2 merged | cut -c 1-45
say nybble convert $M hf gptq:4b-g128 --merge $A
grep -o 'Made from.*merged into it' hf/README.md
say nybble compare $M q4.gguf -f text.txt --lora $A --stamp
# Refused.
say nybble run $M --lora nowhere -p a
edit() { rm -rf bad; cp -r $A bad; python3 -c "import json; c = json.load(open('bad/adapter_config.json')); c.update($1); json.dump(c, open('bad/adapter_config.json', 'w'))"; }
edit "use_dora=True"; say nybble run $M --lora bad -p a
edit "r=3"; say nybble convert $M out.gguf --merge bad
edit "target_modules=['q_proj', 'v_proj', 'down_proj', 'up_proj']"; say nybble eval $M --lora bad -f text.txt
say nybble run $ROOT/tests/golden/models/llama --lora $A -p a
cp -r $A own && say nybble convert $M own/adapter_model.safetensors --merge own --force
mkdir pickle && cp $A/adapter_config.json pickle && touch pickle/adapter_model.bin && say nybble run $M --lora pickle -p a
ls -A
