# Work that was killed goes on, and gives the bytes that it would have given.
M=$ROOT/models/tale-6m
say() { echo "\$ $*" | sed "s|$ROOT/||g"; "$@" 2>err | sed "s|$ROOT/||g"; local code=${PIPESTATUS[0]}; [ "$code" -eq 0 ] || { sed "s|$ROOT/||g" err; echo "exit $code"; }; }
head -c 12000 $ROOT/models/tale-6m-eval.txt >text.txt
few="--tensor-type ffn_down=Q4_0 --tensor-type attn_v=IQ4_NL"  # so that it takes seconds under sanitizers too
python3 $ROOT/tests/cli/kill_and_resume.py 5 nybble quantize $M out.gguf F16 $few --calibration text.txt --resume
nybble quantize $M plain.gguf F16 $few --calibration text.txt 2>/dev/null >&2; cmp plain.gguf out.gguf && rm plain.gguf
say ls -A
mkdir out.gguf.resume && echo other >out.gguf.resume/key && touch out.gguf.resume/tensor-00000
say nybble quantize $M out.gguf Q8_0 --resume --force
echo mine >notes.txt && mkdir new.gguf.resume && cp notes.txt new.gguf.resume
say nybble quantize $M new.gguf Q8_0 --resume
rm -r new.gguf.resume
# A run that was killed while it put the output in place replaces it.
nybble quantize $M q8.gguf Q8_0 --resume 2>&1 >log | grep -m 1 blk.3.attn_norm
touch q8.gguf.resume/placing && echo half >q8.gguf
nybble quantize $M q8.gguf Q8_0 --resume 2>/dev/null | grep resumed; cmp q8.gguf out.gguf
say nybble quantize $M q8.gguf Q8_0 --resume
# Files of a split output come from the same tensors.
nybble quantize $M split.gguf Q4_0 --split-max-size 1M 2>/dev/null >&2 && mkdir whole && mv split-* whole
# The pipe that ends early kills it.
nybble quantize $M split.gguf Q4_0 --split-max-size 1M --resume 2>&1 >log | grep -m 1 blk.3.attn_norm
say nybble quantize $M split.gguf Q4_0 --split-max-size 1M --resume
for file in whole/*; do cmp $file ${file#whole/}; done
ls -A
