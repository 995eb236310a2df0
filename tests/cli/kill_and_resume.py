"""kill_and_resume.py N nybble quantize IN OUT ... --resume: kills the command N times at random moments and once half way,
lets it finish, and compares the bytes with those of an uninterrupted run.
"""
import random
import subprocess
import sys
import time
from pathlib import Path

N_KILLS, COMMAND = int(sys.argv[1]), sys.argv[2:]
OUT = Path(COMMAND[3])


def start():
    return subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kill_after(seconds):
    running = start()
    try:
        running.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        running.kill()
        running.communicate()


def kill_at(step):
    running = start()
    for line in running.stderr:
        if step in line:
            break
    running.kill()
    running.communicate()


def main():
    begin = time.monotonic()
    if start().communicate() and not OUT.exists():
        sys.exit('the command fails')
    whole, expected = time.monotonic() - begin, OUT.read_bytes()
    seed = random.randrange(1 << 32)
    moments = random.Random(seed)
    OUT.unlink()
    for _ in range(N_KILLS):
        kill_after(moments.uniform(0, 0.5 * whole))
        if OUT.exists():  # it was faster this time
            OUT.unlink()
    kill_at('blk.3.attn_norm.weight')
    text, _ = start().communicate()
    if OUT.read_bytes() != expected:
        sys.exit(f'seed {seed}: another output than that of an uninterrupted run')
    print('the same bytes after', N_KILLS + 1, 'kills;', next(x for x in text.splitlines() if x.startswith('resumed')))


main()
