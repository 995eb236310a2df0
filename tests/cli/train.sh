# An adapter of texts and of chats, stopped and gone on with, and weights in few bits; a few steps of each.
M=$ROOT/models/tale-6m
say() { echo "\$ $*" | sed "s|$ROOT/||g"; "$@" 2>err | sed "s|$ROOT/||g"; local code=${PIPESTATUS[0]}; [ "$code" -eq 0 ] || { sed "s|$ROOT/||g" err; echo "exit $code"; }; }
head -c 6000 $ROOT/models/tale-6m-eval.txt >text.txt
say nybble train $M lora --lora r=4,alpha=8 -f text.txt -c 32 --steps 8 --rate 2e-3 --html loss.html
grep -o '<h1>.*</h1>' loss.html; grep -c '<path class="line"' loss.html
python3 - <<'PY'
import json
config = json.load(open('lora/adapter_config.json'))
print('r', config['r'], 'alpha', config['lora_alpha'], *config['target_modules'])
PY
perplexity() { nybble eval "$@" -f text.txt -c 128 --json 2>/dev/null | python3 -c 'import json, sys; print(json.load(sys.stdin)["perplexity"])'; }
python3 -c 'import sys; print("learned" if float(sys.argv[2]) < float(sys.argv[1]) else sys.argv)' $(perplexity $M) $(perplexity $M --lora lora)
# Beside weights in 4 bits, of chats: the model gets a template.
nybble quantize $M q4 bnb:nf4 >/dev/null 2>&1
echo '{% for m in messages %}{{ m.role }}: {{ m.content }}<|endoftext|>{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}' >q4/chat_template.jinja
for i in $(seq 20); do echo '{"messages": [{"role": "user", "content": "Who ran?"}, {"role": "assistant", "content": "A dog ran."}]}'; done >chats.jsonl
nybble train q4 chat-lora --lora r=2,alpha=4,targets=q_proj+ffn_down -f chats.jsonl --steps 6 --rate 1e-2 --batch 2 --accumulate 2 --optim adamw_8bit --resume --json >json 2>err || cat err
python3 - <<'PY'
import json
report = json.load(open('json'))
print(sorted(report))
print(len(report['points']), 'points;', report['lessons'], 'lessons,', report['held_out'], 'held out;', report['linears'], 'linears')
print('better' if report['after'] < report['before'] else report)
PY
say nybble train $M q2.gguf --qat Q2_K -f text.txt -c 32 --tokens 256
say nybble train $M q2-8bit.gguf --qat Q2_K -f text.txt -c 32 --tokens 256 --optim adamw_8bit
# Refused.
say nybble train $M other --lora r=4,alpha=8 -f text.txt -c 32 --steps 8 --html loss.html
say nybble train $M out -f text.txt
say nybble train $M out --lora r=4,beta=8 -f text.txt
say nybble train $M out --lora r=x -f text.txt
say nybble train $M out --lora r=4 -f text.txt --optim sgd
say nybble train $M out --lora targets=attn_x -f text.txt
say nybble train $M lora --lora r=4 -f text.txt
say nybble train $M out --lora r=4 -f chats.jsonl
say nybble train $M out.gguf --qat Q4_0 --rate 1e-3
say nybble train $M out.gguf --qat Q4_0 --hidden-weight nan
say nybble train $M out.gguf --qat Q4_0 --code-rate nan
say nybble train $M out --lora r=4 -f text.txt --hidden-weight 8
say nybble train $M out --lora r=4 -f text.txt -c 32 --steps 2 --rate 1 --memory 1M
ls -A
