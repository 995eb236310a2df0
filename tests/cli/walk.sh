# The main job on the model of the repository: plan, quantize, look, measure, tell.
M=$ROOT/models/tale-6m
say() { echo "\$ $*" | sed "s|$ROOT/||g"; "$@" 2>err | sed "s|$ROOT/||g"; local code=${PIPESTATUS[0]}; [ "$code" -eq 0 ] || { cat err; echo "exit $code"; }; }
say nybble quantize $M q4.gguf q4_k_m
say nybble inspect q4.gguf
say nybble eval q4.gguf -f $ROOT/models/tale-6m-eval.txt -c 256 --chunks 4
say nybble run q4.gguf -p "Once upon a time" -n 24 --temp 0
say nybble quantize $M again.gguf Q4_K_M 1
cmp q4.gguf again.gguf && echo "the same bytes with one thread"
say nybble quantize q4.gguf q2.gguf Q2_K
say nybble quantize q4.gguf q2.gguf Q2_K --allow-requantize
say nybble quantize $M q4.gguf Q4_K_M
say nybble quantize $M q4.gguf Q8_0 --force
say nybble quantize $M mixed.gguf Q2_K --tensor-type 'ffn_down=Q6_K' --token-embedding-type Q8_0
say nybble inspect mixed.gguf
say nybble quantize again.gguf again.gguf COPY --force --allow-requantize
ls
