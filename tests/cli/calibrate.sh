# Statistics of a model, and quantizing with them.
M=$ROOT/models/tale-6m T=$ROOT/models/tale-6m-eval.txt
say() { echo "\$ $*" | sed "s|$ROOT/||g"; "$@" 2>err | sed "s|$ROOT/||g"; local code=${PIPESTATUS[0]}; [ "$code" -eq 0 ] || { sed "s|$ROOT/||g" err; echo "exit $code"; }; }
say nybble calibrate $M -f $T -c 64 --chunks 12 -o stats.gguf
say nybble calibrate $M -f $T -c 64 --chunks 12 -o stats.gguf
say nybble calibrate $M -f $T -c 64 --chunks 12 -o diagonal.gguf --diagonal
say nybble calibrate $M -f $T -c 64 --chunks 12 --written 3 -o written.gguf -t 2
nybble calibrate $M -f $T -c 64 --chunks 12 --written 3 -o again.gguf -t 1 >/dev/null 2>&1
cmp written.gguf again.gguf && echo the same with one thread
say nybble calibrate $M -f $T -c 64 --chunks 12 --written 0 --fisher -o fisher.gguf
say nybble calibrate $M -f $T --fisher --diagonal -o other.gguf
rm fisher.gguf
say nybble quantize $M q2.gguf Q2_K --calibration written.gguf
say nybble receipt q2.gguf
nybble quantize $M again.gguf Q2_K --calibration $T --written 1 --json --force 2>/dev/null | python3 -c "
import json, sys
print(json.load(sys.stdin)['report']['method'])"
say nybble quantize $M other.gguf Q2_K --calibration written.gguf --written 3
rm written.gguf again.gguf q2.gguf
nybble calibrate $M -c 64 --chunks 4 -o default.gguf --json 2>/dev/null | python3 -c "
import json, sys
r = json.load(sys.stdin)
print(*r)
print(*r['inputs'][0], r['inputs'][0]['weights'])
assert r['tokens'] == 256 and len(r['inputs']) == 25"
say nybble quantize $M q3.gguf Q3_K_S --calibration stats.gguf
say nybble receipt q3.gguf
say nybble quantize $M iq2.gguf IQ2_XXS --imatrix diagonal.gguf --method imatrix
nybble quantize $M out.gguf Q2_K --calibration stats.gguf --json 2>/dev/null | python3 -c "
import json, sys
r = json.load(sys.stdin)['report']
print(r['method'], len(r['notes']))"
say nybble quantize $M other.gguf Q4_0 --calibration diagonal.gguf
say nybble quantize $M other.gguf Q4_0 --method magic
for method in rtn kquant; do
  nybble quantize $M $method.gguf Q4_K_M --method $method >/dev/null 2>&1
  nybble receipt $method.gguf --json >$method.json
done
python3 -c "
import json
rtn, kquant = ([t['relative_error'] for t in json.load(open(f'{m}.json'))['tensors']] for m in ('rtn', 'kquant'))
print('the search loses more than rtn in', sum(k > r for k, r in zip(kquant, rtn)), 'tensors of', len(rtn))"
rm {rtn,kquant}.{gguf,json}
say nybble quantize $M other.gguf Q4_0 --calibration nowhere.txt
say nybble quantize $M other.gguf Q4_0 --calibration q3.gguf
say nybble calibrate $M -f $T
ls
