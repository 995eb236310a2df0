# What was lost: eval against a reference, compare, receipt, tasks.
M=$ROOT/models/tale-6m T=$ROOT/models/tale-6m-eval.txt
say() { echo "\$ $*" | sed "s|$ROOT/||g"; "$@" 2>err | sed "s|$ROOT/||g"; local code=${PIPESTATUS[0]}; [ "$code" -eq 0 ] || { sed "s|$ROOT/||g" err; echo "exit $code"; }; }
nybble quantize $M q8.gguf Q8_0 >/dev/null 2>&1
nybble quantize $M q2.gguf Q2_K >/dev/null 2>&1
say nybble eval q2.gguf -f $T --reference $M -c 128 --chunks 24
say nybble eval q2.gguf -f $T --reference $M -c 128 --chunks 8 --compute int8 --mode llama.cpp
nybble eval q2.gguf -f $T --reference $M -c 128 --chunks 4 --json 2>/dev/null | python3 -c "
import json, sys
r = json.load(sys.stdin)
print(*r)
print(*r['kld'], *r['bpw'])
assert r['kld']['low'] < r['kld']['mean'] < r['kld']['high'] and 0 < r['top1'] < 1 and r['tokens'] > 0"
say nybble receipt q2.gguf
say nybble compare $M q8.gguf q2.gguf -f $T -c 128 --chunks 24 --stamp --html report.html
say nybble receipt q8.gguf
say nybble compare $M q8.gguf -f $T -c 128 --chunks 4 --html report.html
grep -c '<svg' report.html
grep -o 'https\?://[^" ]*' report.html | sort -u
printf 'Once upon a time, there was a little girl named\n1\nseven blue.\nLily.\nof the of.\nquickly under.\n' >tasks.txt
say nybble eval $M --hellaswag tasks.txt
say nybble eval $M --winogrande tasks.txt
say nybble eval $M --multiple-choice tasks.txt
say nybble eval $M --hellaswag tasks.txt -f $T
say nybble eval q2.gguf --hellaswag tasks.txt --reference $M
say nybble receipt $M
say nybble compare $M q8.gguf -f nowhere.txt
say nybble compare $M
ls
