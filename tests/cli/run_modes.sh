# Completion, one answer, standard input, stop strings, variables; all without a terminal, so nothing is asked.
M=$ROOT/models/tale-6m
say() { echo "\$ $*" | sed "s|$ROOT/||g"; "$@" 2>&1 | sed "s|$ROOT/||g"; local code=${PIPESTATUS[0]}; [ "$code" -eq 0 ] || echo "exit $code"; }
say nybble run $M -p "Lily had a" -n 12 --temp 0
say nybble run $M -p "Lily had a" -n 12 --temp 0 --no-display-prompt
say nybble run -m $M -p "Lily had a" -n 40 --temp 0 --stop "."
echo "Lily had a" | say nybble run $M -n 8 --temp 0
LLAMA_ARG_N_PREDICT=3 LLAMA_ARG_TEMPERATURE=0 say nybble run $M -p "Lily had a"
LLAMA_ARG_N_PREDICT=3 say nybble run $M -p "Lily had a" -n 1 --temp 0
T='{% for m in messages %}{{ m.content }} {% endfor %}'
say nybble run $M -sys "One day," -p "Tom" -st -n 8 --temp 0 --chat-template "$T"
echo "One day, Tom" | say nybble run $M -n 8 --temp 0 --chat-template "$T"
say nybble run $M -p "Tom" -st
say nybble run $M -p "Tom" -n 4 --temp 0 -ngl 99
say nybble run $M -p "Lily" -c 16 --temp 0 --ignore-eos
say nybble run $M -p "One two three four five six seven eight nine ten eleven twelve" -c 8
nybble run $M -p "Lily had a" -n 5 --temp 0 --json | python3 -c "
import json, sys
d = json.load(sys.stdin)
print(list(d)); print(d['text'], d['stop'], d['prompt_tokens'], d['generated_tokens'])"
a=$(nybble run $M -p "Lily" -n 20 --seed 5); b=$(nybble run $M -p "Lily" -n 20 --seed 5); [ "$a" = "$b" ] && echo "one seed, one text"
say nybble run $M -p "x" --logit-bias nonsense
say nybble run
