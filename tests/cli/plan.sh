# What fits, before anything is downloaded. Machines are named, so that every machine prints the same.
M=$ROOT/models/tale-6m
say() { echo "\$ $*" | sed "s|$ROOT/||g"; "$@" 2>&1 | sed "s|$ROOT/||g"; local code=${PIPESTATUS[0]}; [ "$code" -eq 0 ] || echo "exit $code"; }
say nybble plan 70b 13b --type Q4_K_M,F16 -c 4096 --device 'RTX 4090' --memory 64G
say nybble plan $M --type Q8_0,Q4_K_M --memory 1G
say nybble plan 8b --type Q4_K_M -c 32768 -ctk q8_0 --users 4 --device m2-max --memory 16G
say nybble plan 70b --type Q4_K_M,IQ2_XXS --vram 8G --memory 8G
nybble plan 8b --device 4090 --memory 32G --json | python3 -c "
import json, sys
r = json.load(sys.stdin)
print(*r)
print(*r['models'][0])
print(*r['choices'][0])
print(*r['choices'][0]['memory'])
print(*r['choices'][0]['tokens_per_second'])
for c in r['choices']:
    m = c['memory']
    assert m['total'] == m['weights'] + m['cache'] + m['scratch'] + m['program']
    assert c['fits'] == (c['missing_bytes'] == 0)
print(r['choices'][r['recommended']]['type'])"
nybble quantize $M tale.gguf Q4_0 >/dev/null 2>&1
nybble plan tale.gguf --json | python3 -c "
import json, os, sys
asis = [c for c in json.load(sys.stdin)['choices'] if 'as it is' in c['type']]
print(len(asis), asis[0]['file_bytes'] == os.path.getsize('tale.gguf'))"
cp $M/config.json . && nybble plan config.json --type Q8_0 --json | python3 -c "
import json, sys
print(json.load(sys.stdin)['models'][0]['source'])"
nybble plan 8b 70b --device 4090 --memory 32G --html plan.html | tail -1
grep -c '<svg class=.plot' plan.html
say nybble plan 8b --html plan.html
say nybble plan
say nybble plan 9t
say nybble plan 8b --type Q9_X
say nybble plan 8b --device voodoo2
say nybble plan 8b --device m2
say nybble plan 8b --memory much
say nybble plan 8b -ctk q9
say nybble plan 13b -c 8192
nybble plan --list | head -4
nybble bench --machine --json -t 1 | python3 -c "
import json, sys
r = json.load(sys.stdin)
print(*r)
print(*r['peak'])"
ls ../.cache/nybble/machines | wc -l
nybble plan $M --type Q8_0 -t 1 --json | python3 -c "
import json, sys
print(json.load(sys.stdin)['choices'][0]['tokens_per_second']['generation'] > 0)"
