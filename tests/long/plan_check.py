#!/usr/bin/env python3
"""Compares what `nybble plan` foretells with what happens: tests/long/plan_check.py NYBBLE MODEL TYPE...

Quantizes MODEL to each TYPE, runs it with a context filled to 95 %, and prints bytes of the file, the peak of resident memory
and the speed of generation, each foretold and real. Speed is of the best of its repetitions, and the machine is measured just
before each, since it has to be quiet. Fails beyond 1 %, 5 % and 15 %.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = ROOT / 'models/tale-6m-eval.txt'
CONTEXT = 1024


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def peak_resident(*command):
    """Bytes; the command's output is dropped."""
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(null, stream)
        os.execvp(command[0], command)
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        sys.exit(f'{" ".join(command)}: exit status {status}')
    return usage.ru_maxrss * 1024


def fill_prompt(nybble, model, path):
    """Writes as much text as fills 95 % of the context, by the tokens of its beginning."""
    sample = TEXT.read_text(encoding='utf-8') * 4
    tokens = json.loads(output(nybble, 'tokenize', model, sample[:20000], '--json'))['count']
    path.write_text(sample[:int(20000 / tokens * 0.95 * CONTEXT)], encoding='utf-8')


def check(nybble, model, kind, folder):
    file = str(folder / f'{kind}.gguf')
    quiet = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}
    # As plans count: some recipes give other types to tensors when there are statistics.
    calibration = ['--method', 'imatrix', '--calibration', str(TEXT), '--written', '0']
    subprocess.run([nybble, 'quantize', model, file, kind, '--force', *calibration], check=True, **quiet)
    planned = json.loads(output(nybble, 'plan', model, '--type', kind, '-c', str(CONTEXT), '--json'))['choices'][0]
    prompt = folder / 'prompt.txt'
    fill_prompt(nybble, file, prompt)
    resident = peak_resident(nybble, 'run', file, '-f', str(prompt), '-c', str(CONTEXT), '-n', '8')
    ratios = []
    for _ in range(3):
        output(nybble, 'bench', '--machine')
        speed = json.loads(output(nybble, 'plan', model, '--type', kind, '-c', str(CONTEXT), '--json'))
        real = json.loads(output(nybble, 'bench', file, '-p', '16', '-n', '32', '-r', '8', '--json'))['rows'][1]['best']
        ratios.append((speed['choices'][0]['tokens_per_second']['generation'] / real, real))
    ratio, real = statistics.median_low(ratios)
    return [('file', planned['file_bytes'] / os.path.getsize(file) - 1, os.path.getsize(file), 0.01),
            ('resident', planned['peak_resident_bytes'] / resident - 1, resident, 0.05),
            ('tokens/s', ratio - 1, real, 0.15)]


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    nybble, model, kinds = sys.argv[1], sys.argv[2], sys.argv[3:]
    if not Path(model).exists():
        print(f'skipped: no model {model}')
        return
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            for what, off, real, bound in check(nybble, model, kind, Path(folder)):
                bad += abs(off) > bound
                print(f'{kind:8} {what:9} {real:14.1f} {100 * off:+6.1f} %{"" if abs(off) <= bound else "  beyond the bound"}',
                      flush=True)
    sys.exit(1 if bad else 0)


main()
