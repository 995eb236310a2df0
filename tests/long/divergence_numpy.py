#!/usr/bin/env python3
"""Checks what `nybble eval --reference` reports against NumPy in float64, from logits that dump_logits writes.

    tests/long/divergence_numpy.py NYBBLE DUMP_LOGITS REFERENCE MODEL TEXT [--windows 4]

Windows, scored tokens and statistics are computed here from their descriptions alone. Needs numpy. Exit code 1: a
difference above 1e-5 (relative, or absolute below 1).
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

BAR = 1e-5
CONTEXT = 512


def token_ids(nybble, model, text):
    out = subprocess.run([nybble, "tokenize", model, "-f", text, "--ids"], check=True, stdout=subprocess.PIPE).stdout
    return np.array(out.split(), dtype=np.int64)


def log_probabilities(program, model, tokens):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        tokens.astype("<i4").tofile(folder / "tokens")
        subprocess.run([program, model, folder / "tokens", folder / "logits"], check=True, stdout=subprocess.DEVNULL)
        logits = np.fromfile(folder / "logits", "<f4").reshape(len(tokens), -1).astype(np.float64)
    logits -= logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def full_windows(n_tokens, size, n_windows):
    """(begin, end, first scored) of text tokens; a start token stands before each window."""
    scored, begin = 0, 0
    for _ in range(n_windows):
        if scored >= n_tokens:
            return
        begin = min(begin, n_tokens - size)
        yield begin, begin + size, scored
        scored, begin = begin + size, begin + size // 2


def expected(args):
    # The first id is the start token, which the rules of the model put there.
    start, *tokens = token_ids(args.nybble, args.reference, args.text)
    tokens = np.array(tokens)
    columns = {name: [] for name in ("kld", "same_top", "squared_dp", "loss", "reference_loss")}
    for begin, end, first in full_windows(len(tokens), CONTEXT - 1, args.windows):
        feed = np.concatenate([[start], tokens[begin:end]])
        p, q = (log_probabilities(args.dump_logits, m, feed) for m in (args.reference, args.model))
        # Row i predicts text token begin + i.
        rows = slice(first - begin, end - begin)
        p, q, target = p[rows], q[rows], tokens[first:end]
        picked = np.arange(len(target)), target
        columns["kld"].append((np.exp(p) * (p - q)).sum(-1))
        columns["same_top"].append(p.argmax(-1) == q.argmax(-1))
        columns["squared_dp"].append((np.exp(q[picked]) - np.exp(p[picked])) ** 2)
        columns["loss"].append(-q[picked])
        columns["reference_loss"].append(-p[picked])
    columns = {name: np.concatenate(parts) for name, parts in columns.items()}
    quantile = lambda q: np.sort(columns["kld"])[max(int(np.ceil(q * len(columns["kld"]) - 1e-9)), 1) - 1]
    return {"tokens": len(columns["kld"]), "kld.mean": columns["kld"].mean(), "kld.max": columns["kld"].max(),
            "kld.median": quantile(0.5), "kld.p90": quantile(0.9), "kld.p99": quantile(0.99),
            "kld.p99.9": quantile(0.999), "top1": columns["same_top"].mean(),
            "rms_dp": np.sqrt(columns["squared_dp"].mean()), "perplexity": np.exp(columns["loss"].mean()),
            "reference": np.exp(columns["reference_loss"].mean()),
            "perplexity_ratio": np.exp((columns["loss"] - columns["reference_loss"]).mean())}


def reported(args):
    out = subprocess.run([args.nybble, "eval", args.model, "--reference", args.reference, "-f", args.text, "-c",
                          str(CONTEXT), "--chunks", str(args.windows), "--json"], check=True, stdout=subprocess.PIPE).stdout
    report = json.loads(out)
    flat = {f"kld.{name}": value for name, value in report["kld"].items()}
    return {**report, **flat, "reference": report["reference"]["perplexity"], "rms_dp": report["rms_dp"]["value"],
            "perplexity_ratio": report["perplexity_ratio"]["value"]}


def main():
    parser = argparse.ArgumentParser()
    for name in "nybble", "dump_logits", "reference", "model", "text":
        parser.add_argument(name)
    parser.add_argument("--windows", type=int, default=4)
    args = parser.parse_args()
    numpy_says, we_say = expected(args), reported(args)
    failed = False
    for name, value in numpy_says.items():
        difference = abs(we_say[name] - value) / max(abs(value), 1)
        failed |= difference > BAR
        print(f"  {name:18} {we_say[name]:.10f}  NumPy {value:.10f}  {'FAILED' if difference > BAR else 'ok'}")
    sys.exit(1 if failed else 0)


main()
