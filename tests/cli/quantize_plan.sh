M=$ROOT/models/tale-6m
say() { echo "\$ $*" | sed "s|$ROOT/||g"; "$@" 2>&1 | sed "s|$ROOT/||g"; local code=${PIPESTATUS[0]}; [ "$code" -eq 0 ] || echo "exit $code"; }
say nybble quantize $M Q4_K_M --dry-run
nybble quantize $M out.gguf Q2_K --dry-run --json | python3 -c "
import json, sys
plan = json.load(sys.stdin)['plan']
print(list(plan), list(plan['tensors'][0]))
print(plan['recipe'], plan['parameters'], plan['bytes_after'], plan['fallbacks'], len(plan['tensors']))
assert sum(t['bytes_after'] for t in plan['tensors']) == plan['bytes_after']"
say nybble quantize $M
say nybble quantize $M out.gguf
say nybble quantize $M Q4_K_M
say nybble quantize $M out.gguf Q9_X
say nybble quantize $M out.gguf Q4_K_M --tensor-type ffn_down
say nybble quantize $M out.gguf Q4_K_M --tensor-type 'ffn_down=Q9'
say nybble quantize $M out.gguf Q4_K_M --tensor-type '(=Q8_0'
say nybble quantize $M out.gguf IQ3_XXS --method rtn
say nybble quantize $M out.gguf --target-size 1M
say nybble quantize $M out.gguf --target-size 3M --target-bpw 4
say nybble quantize $M out.gguf --target-size small
say nybble quantize $M out.gguf F16 --keep-split
say nybble quantize $M out.gguf F16 --keep-split --split-max-size 1M
say nybble quantize $M out.gguf F16 --split-max-size much
ls
