#!/usr/bin/env python3
"""Checks the packed directories that nybble writes, and those of bitsandbytes that it reads, in each layout.

    tests/interop/packing/check.py [--layouts gptq:4b-g128 bnb:nf4 ...] [--write]

For each layout a model is quantized by nybble ("transformers:nf4": by bitsandbytes) and the directory converted to float32 by
nybble; then
  * a reader in NumPy (layouts.py), or the library where there is none, dequantizes the packed directory: every weight must have
    the same bits (of the library's: but for two roundings);
  * transformers loads the packed directory with the library of the layout, which dequantizes its linears (libraries.py), and
    the logits for random tokens must agree with those of nybble for the float32 directory. Beside stands what the library
    computes when it is left to itself: in halves, with rounded activations. Rounding makes of 1e-7 in one layer a step in the next, so
    nothing is demanded there.

Needs numpy, torch, transformers, safetensors, and one or more of bitsandbytes, gptqmodel (with optimum), compressed-tensors:
layouts of other libraries are left out. nybble and dump_logits built (NYBBLE names another build folder). --write puts the
rows into results.md, in place of those of the same layouts. Exit code 1: a difference.
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
import libraries
import numpy as np
import torch
import transformers
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parents[3]
LAYOUTS = ["gptq:4b-g128", "gptq:3b-g64", "gptq:4b-g128-asym", "gptq:8b-g32", "gptq:2b-g32", "gptq:4b", "awq:4b-g64", "ct:w4a16-g32",
           "ct:w4a16-g64-asym", "ct:w8a16", "ct:w8a8-int8", "ct:fp8", "ct:fp8-block", "ct:mxfp4", "ct:nvfp4", "bnb:nf4",
           "bnb:nf4-dq", "bnb:fp4", "bnb:fp4-dq", "bnb:int8", "transformers:nf4", "transformers:nf4-dq", "transformers:fp4", "transformers:fp4-dq",
           "transformers:int8"]
BAR = 1e-4  # of the largest logit, as tests/long/compare_logits.py
TOKENS = 256
TWO_ROUNDINGS = 3 * 2.0 ** -24
RESULTS = pathlib.Path(__file__).parent / "results.md"
HEADER = ["| layout | library | linears | weights with other bits | read by | logits, library to nybble: largest difference / largest "
          "logit | as the library runs it |",
          "|---|---|---|---|---|---|---|"]


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


def other_values(model, unpacked):
    """The same of what a library has read."""
    found, different, linears = load_tensors(unpacked), 0, 0
    for name, module in model.named_modules():
        weight = getattr(module, "weight", None)
        if not isinstance(module, torch.nn.Linear) or name == "lm_head":
            continue
        expected = found[f"{name}.weight"]
        different += int((np.abs(weight.detach().float().numpy() - expected) > TWO_ROUNDINGS * np.abs(expected)).sum())
        linears += 1
    return different, linears


def logits_of_nybble(program, folder, tokens, work):
    tokens.astype("<i4").tofile(work / "tokens")
    run(program, folder, work / "tokens", work / "logits")
    return np.fromfile(work / "logits", "<f4").reshape(len(tokens), -1)


def logits_of(model, tokens):
    with torch.no_grad():
        return model(torch.from_numpy(tokens)[None]).logits[0].float().numpy()


def quantize_by_bitsandbytes(model, folder, layout):
    kind = layout.removesuffix("-dq")
    config = (transformers.BitsAndBytesConfig(load_in_8bit=True) if kind == "int8" else
              transformers.BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type=kind, bnb_4bit_use_double_quant=kind != layout))
    transformers.AutoModelForCausalLM.from_pretrained(model, quantization_config=config).save_pretrained(folder)
    for text in model.glob("tokenizer*"):
        shutil.copy(text, folder)


def ratio(expected, found):
    return float(np.abs(expected - found).max() / np.abs(expected).max())


def left_to_itself(layout, packed, tokens, ours):
    try:
        return f"{ratio(logits_of(libraries.left_to_itself(layout, packed), tokens), ours):.1e}"
    except RuntimeError as error:  # a kernel that does not take the layout
        return f"no kernel for CPUs: {str(error).splitlines()[0]}"


def make(programs, model, layout, packed, unpacked):
    by, _, kind = layout.partition(":")
    if by == "transformers":
        quantize_by_bitsandbytes(model, packed, kind)
    else:
        run(programs / "nybble", "quantize", model, packed, layout, "--method", "rtn")
    run(programs / "nybble", "convert", packed, unpacked, "--type", "F32")


def check(programs, model, layout, work):
    packed, unpacked = work / "packed", work / "unpacked"
    make(programs, model, layout, packed, unpacked)
    tokens = np.random.default_rng(1).integers(0, json.loads((model / "config.json").read_text())["vocab_size"], TOKENS)
    program = programs / "tests/dump_logits"
    ours = logits_of_nybble(program, unpacked, tokens, work)
    by_library = libraries.dequantized(layout, packed)
    difference = ratio(logits_of(by_library, tokens), ours)
    reader = layouts.has_reader(packed)
    different, linears = other_bits(packed, unpacked) if reader else other_values(by_library, unpacked)
    as_run = left_to_itself(layout, packed, tokens, ours)
    print(f"{layout}: {linears} linears, {different} other weights, logits {difference:.1e} {as_run}", flush=True)
    return different == 0 and difference <= BAR, (f"| {layout} | {libraries.library_of(layout)} | {linears} | {different} | "
                                                  f"{'NumPy' if reader else 'the library'} | {difference:.1e} | {as_run} |")


def write(rows, model):
    """In the order of LAYOUTS; the rows of other layouts stay."""
    known = {line.split(" | ")[0]: line for line in [*RESULTS.read_text().splitlines(), *rows] if line.startswith("| ")}
    kept = [known[f"| {layout}"] for layout in LAYOUTS if f"| {layout}" in known]
    RESULTS.write_text(
        f"# Packed directories of {model.name}, read by others and by nybble\n\nMade by `check.py --write` on a CPU; {TOKENS} random tokens, the bar of the first "
        f"difference of logits is {BAR:.0e}.\nAs the library runs it: bitsandbytes in bfloat16, with activations of 8 bits in int8; "
        "GPTQModel with scales and products in halves; compressed-tensors with activations rounded where the directory says so.\n"
        "\n" + "\n".join(HEADER + kept) + "\n")


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
        if not libraries.library_of(layout):
            print(f"{layout}: left out, no {libraries.LIBRARIES[layout.partition(':')[0]]}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            is_good, row = check(programs, args.model, layout, pathlib.Path(folder))
        good &= is_good
        rows.append(row)
    if args.write:
        write(rows, args.model)
    sys.exit(not good)


if __name__ == "__main__":
    main()
