#!/usr/bin/env python3
"""Checks the packed directories that nybble writes, and those of bitsandbytes that it reads, in each layout.

    tests/interop/packing/check.py [--layouts gptq:4b-g128 bnb:nf4 ...] [--write]

For each layout a model is quantized by nybble ("transformers:nf4": by bitsandbytes) and the directory converted to float32 by
nybble; then
  * a reader in NumPy (layouts.py) dequantizes the packed directory itself: every weight must have the same bits;
  * transformers loads the packed directory, or the float32 one where it has no kernels for CPUs, and its logits for random
    tokens must agree with those of nybble for the float32 directory. bitsandbytes dequantizes its linears first: it would run
    them in bfloat16, and LLM.int8() with rounded activations. The logits of that are given beside.

Needs numpy, torch, transformers, safetensors, bitsandbytes; nybble and dump_logits built (NYBBLE names another build folder).
--write writes results.md. Exit code 1: a difference.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

os.environ["TORCHDYNAMO_DISABLE"] = "1"

import layouts
import numpy as np
import torch
import transformers
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parents[3]
LAYOUTS = ["gptq:4b-g128", "gptq:3b-g64", "gptq:4b-g128-asym", "gptq:8b-g32", "gptq:2b-g32", "bnb:nf4", "bnb:nf4-dq", "bnb:int8",
           "transformers:nf4", "transformers:nf4-dq", "transformers:fp4", "transformers:fp4-dq", "transformers:int8"]
BAR = 1e-4  # of the largest logit, as tests/long/compare_logits.py
TOKENS = 256
HEADER = ["| layout | linears | weights with other bits | logits of nybble and of | largest difference / largest logit "
          "| as the library runs it |", "|---|---|---|---|---|---|"]


def run(*arguments):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr[-1500:]}")


def load_tensors(folder):
    tensors = {}
    for file in sorted(folder.glob("*.safetensors")):
        for name, tensor in load_file(file).items():
            # NumPy has no bfloat16; it widens without loss.
            tensors[name] = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
    return tensors


def other_bits(packed, unpacked):
    """How many weights NumPy reads otherwise than nybble, and the number of packed linears."""
    config = json.loads((packed / "config.json").read_text())["quantization_config"]
    expected, linears = layouts.read(load_tensors(packed), config)
    found = load_tensors(unpacked)
    if set(found) != set(expected):
        sys.exit(f"{packed}: other tensors than in {unpacked}: {set(found) ^ set(expected)}")
    different = 0
    for name, weight in expected.items():
        # == lets +0 and -0 pass, which some readers have both of.
        different += int((weight != found[name]).sum()) + int(weight.dtype != np.float32)
    return different, len(linears)


def logits_of_nybble(program, folder, tokens, work):
    tokens.astype("<i4").tofile(work / "tokens")
    run(program, folder, work / "tokens", work / "logits")
    return np.fromfile(work / "logits", "<f4").reshape(len(tokens), -1)


def logits_of(model, tokens):
    with torch.no_grad():
        return model(torch.from_numpy(tokens)[None]).logits[0].float().numpy()


def load(folder):
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def dequantized(folder):
    """Its linears by bitsandbytes in float32, whatever type the weights had once."""
    model = load(folder)
    for parameter in model.parameters():
        if getattr(parameter, "quant_state", None) is not None:
            parameter.quant_state.dtype = torch.float32
    return model.dequantize(torch.float32).float()


def quantize_by_bitsandbytes(model, folder, layout):
    kind = layout.removesuffix("-dq")
    config = (transformers.BitsAndBytesConfig(load_in_8bit=True) if kind == "int8" else
              transformers.BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type=kind, bnb_4bit_use_double_quant=kind != layout))
    transformers.AutoModelForCausalLM.from_pretrained(model, quantization_config=config).save_pretrained(folder)
    for text in model.glob("tokenizer*"):
        shutil.copy(text, folder)


def ratio(expected, found):
    return float(np.abs(expected - found).max() / np.abs(expected).max())


def check(programs, model, layout, work):
    packed, unpacked = work / "packed", work / "unpacked"
    by, _, kind = layout.partition(":")
    if by == "transformers":
        quantize_by_bitsandbytes(model, packed, kind)
    else:
        run(programs / "nybble", "quantize", model, packed, layout)
    run(programs / "nybble", "convert", packed, unpacked, "--type", "F32")
    different, linears = other_bits(packed, unpacked)
    tokens = np.random.default_rng(1).integers(0, json.loads((model / "config.json").read_text())["vocab_size"], TOKENS)
    ours = logits_of_nybble(programs / "tests/dump_logits", unpacked, tokens, work)
    as_run = ""
    if by in ("bnb", "transformers"):
        peer = "transformers, the packed directory, dequantized by bitsandbytes"
        as_run = f"{ratio(logits_of(load(packed), tokens), ours):.1e}"
        exact = logits_of(dequantized(packed), tokens)
    else:
        peer = "transformers, the float32 directory"
        exact = logits_of(load(unpacked), tokens)
    difference = ratio(exact, ours)
    print(f"{layout}: {linears} linears, {different} other weights, logits {difference:.1e} {as_run}", flush=True)
    return different == 0 and difference <= BAR, f"| {layout} | {linears} | {different} | {peer} | {difference:.1e} | {as_run} |"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "models/tale-6m")
    parser.add_argument("--layouts", nargs="+", default=LAYOUTS)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    programs = pathlib.Path(os.environ.get("NYBBLE", ROOT / "build/clang"))
    if not (programs / "nybble").exists():
        sys.exit(f"SKIPPED: no nybble in {programs}")
    good, rows = True, []
    for layout in args.layouts:
        with tempfile.TemporaryDirectory() as folder:
            is_good, row = check(programs, args.model, layout, pathlib.Path(folder))
        good &= is_good
        rows.append(row)
    if args.write:
        import bitsandbytes
        versions = f"transformers {transformers.__version__}, bitsandbytes {bitsandbytes.__version__}, torch {torch.__version__}"
        (pathlib.Path(__file__).parent / "results.md").write_text(
            f"# Packed directories of {args.model.name}, read by others and by nybble\n\nMade by `check.py --write` with {versions}; {TOKENS} random "
            f"tokens, the bar of the logits is {BAR:.0e}.\nAs the library runs it: in the type of the model, bfloat16, and with activations "
            "of 8 bits in int8.\n\n" + "\n".join(HEADER + rows) + "\n")
    sys.exit(not good)


if __name__ == "__main__":
    main()
