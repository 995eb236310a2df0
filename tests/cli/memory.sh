# What a budget of memory allows is what is held, and the bytes do not depend on it.
M=$ROOT/models/tale-6m
grep -q __asan_init "$(readlink -f "$(command -v nybble)")" && { echo "sanitizers take memory of their own"; exit 77; }
head -c 60000 $ROOT/models/tale-6m-eval.txt >text.txt
cat >within.py <<'END'
import resource, subprocess, sys
limit, command = int(sys.argv[1]), sys.argv[2:]
done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
held = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print('exit', done.returncode, 'within the limit' if held <= limit else f'{held} bytes, the limit is {limit}')
if done.returncode:
    print(done.stderr.splitlines()[-1])
END
within() { local limit=$1; shift; echo "$* --memory ${limit}M" | sed "s|$ROOT/||g"; python3 within.py ${limit}000000 "$@" --memory ${limit}M | sed "s|$ROOT/||g"; }
nybble calibrate $M -f text.txt -t 2 -o free.stats >log 2>&1
within 45 nybble calibrate $M -f text.txt -t 2 -o bound.stats
cmp free.stats bound.stats
nybble quantize $M free.gguf Q4_0 2 --calibration text.txt >log 2>&1
within 64 nybble quantize $M bound.gguf Q4_0 2 --calibration text.txt --method best
cmp free.gguf bound.gguf
within 40 nybble quantize $M less.gguf Q4_0 2 --calibration text.txt
within 25 nybble calibrate $M -f text.txt -t 2 -o less.stats
within 40 nybble quantize $M less.gguf Q4_0 2
ls -A
