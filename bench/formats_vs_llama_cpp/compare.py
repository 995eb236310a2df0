#!/usr/bin/env python3
"""Squared error of nybble's encoders against llama.cpp's reference quantizers, both without importance.

    bench/formats_vs_llama_cpp/compare.py --ggml libggml-base.so MODEL.safetensors... \\
        > bench/results/formats_vs_llama_cpp.md

libggml-base.so is the library of that name from a build of llama.cpp. Needs numpy, gguf, safetensors and torch.
"""
import argparse
import ctypes
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import gguf
import numpy
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Format -> (llama.cpp's weight of squared errors, length of the group whose rms it uses). The simple
# formats of llama.cpp minimise nothing; Q2_K minimises |x| * |error|.
FORMATS = {
    "Q4_0": ("1", 32), "Q4_1": ("1", 32), "Q5_0": ("1", 32), "Q5_1": ("1", 32), "Q8_0": ("1", 32),
    "Q2_K": ("|x|", 16), "Q3_K": ("x^2", 16), "Q4_K": ("rms+|x|", 32), "Q5_K": ("rms+|x|", 32),
    "Q6_K": ("x^2", 16), "IQ4_NL": ("x^2", 32), "IQ4_XS": ("x^2", 32),
    "MXFP4": ("1", 32), "NVFP4": ("1", 16), "TQ1_0": ("1", 256), "TQ2_0": ("1", 256),
}


def build_encoders(folder):
    library = os.path.join(folder, "encode.so")
    sources = [str(pathlib.Path(__file__).parent / "encode.cpp")]
    sources += [str(s) for s in (ROOT / "src/formats").glob("*.cpp") if not s.name.endswith("_test.cpp")]
    compiler = shutil.which("clang++-19") or "c++"
    subprocess.run([compiler, "-std=c++20", "-O3", "-ffp-contract=off", "-fPIC", "-shared", "-w",
                    f"-I{ROOT}/src", f"-I{ROOT}/include", *sources, "-o", library, "-lfmt"], check=True)
    return ctypes.CDLL(library)


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


def weights(x, kind, group):
    groups = x.astype(numpy.float64).reshape(-1, group)
    if kind == "1":
        return numpy.ones(x.shape)
    w = {"|x|": abs(groups), "x^2": groups**2,
         "rms+|x|": numpy.sqrt((groups**2).mean(1, keepdims=True)) + abs(groups)}[kind]
    return w.reshape(x.shape)


class Sums:
    """Weighted errors over all tensors, relative to the weighted squares of the values."""

    def __init__(self):
        self.error = dict(theirs=0.0, ours=0.0)
        self.seconds = dict(theirs=0.0, ours=0.0)
        self.plain = dict(theirs=0.0, ours=0.0)
        self.count = 0

    def add(self, who, x, blocks, qtype, weight, seconds):
        decoded = gguf.quants.dequantize(blocks.reshape(x.shape[0], -1), qtype)
        rest = (x - decoded).astype(numpy.float64) ** 2
        squares = x.astype(numpy.float64) ** 2
        self.error[who] += (weight * rest).sum() / (weight * squares).sum()
        self.plain[who] += rest.sum() / squares.sum()
        self.seconds[who] += seconds


def compare(ggml, ours, tensors, name):
    kind, group = FORMATS[name]
    qtype = gguf.GGMLQuantizationType[name]
    block_len, block_bytes = gguf.GGML_QUANT_SIZES[qtype]
    sums = Sums()
    for x in tensors:
        weight = weights(x, kind, group)
        blocks = numpy.empty(x.size // block_len * block_bytes, numpy.uint8)
        start = time.process_time()
        ggml.ggml_quantize_chunk(ctypes.c_int(int(qtype)), pointer(x), pointer(blocks),
                                 ctypes.c_int64(0), ctypes.c_int64(x.shape[0]),
                                 ctypes.c_int64(x.shape[1]), None)
        sums.add("theirs", x, blocks, qtype, weight, time.process_time() - start)
        start = time.process_time()
        n = ctypes.c_size_t(x.size // block_len)
        if ours.nybble_encode(name.encode(), pointer(x), None, n, pointer(blocks)):
            raise SystemExit(f"nybble does not write {name}")
        sums.add("ours", x, blocks, qtype, weight, time.process_time() - start)
        sums.count += x.size
    return sums


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ggml", required=True)
    parser.add_argument("--every", type=int, default=1, metavar="N",
                        help="take every N-th matrix of models of more than 50")
    parser.add_argument("--formats", default=",".join(FORMATS), metavar="A,B,...",
                        help="some of the formats")
    parser.add_argument("models", nargs="+")
    arguments = parser.parse_args()
    ggml = ctypes.CDLL(arguments.ggml)
    print("# Encoders against llama.cpp, both without importance\n")
    print("Mean over the matrices of the squared error relative to the squares of the values. "
          "\"Objective\" weighs both by what\nllama.cpp minimises (1 where it does not search). Ratio < 1: "
          "nybble is better. Speed: one core, no `-march`.\n")
    print("Made by `bench/formats_vs_llama_cpp/compare.py --ggml libggml-base.so "
          f"--every {arguments.every} MODEL.safetensors...`")
    with tempfile.TemporaryDirectory() as folder:
        ours = build_encoders(folder)
        for model in arguments.models:
            tensors = [t.float().numpy().reshape(-1, 256) for t in load_file(model).values()
                       if t.ndim == 2 and t.numel() % 256 == 0]
            if len(tensors) > 50:
                tensors = tensors[::arguments.every]
            weights_m = sum(t.size for t in tensors) / 1e6
            print(f"\n## {pathlib.Path(model).parent.name}, {len(tensors)} matrices, "
                  f"{weights_m:.1f} M weights\n")
            print("| format | objective | llama.cpp | nybble | ratio | ratio, plain | "
                  "M weights/s, llama.cpp | nybble |")
            print("|---|---|---|---|---|---|---|---|")
            for name in arguments.formats.split(","):
                s = compare(ggml, ours, tensors, name)
                n = len(tensors)
                speed = {who: s.count / s.seconds[who] / 1e6 for who in s.seconds}
                objective = FORMATS[name][0].replace("|", "\\|")
                ratio, plain = (e["ours"] / e["theirs"] for e in (s.error, s.plain))
                print(f"| {name} | {objective} | {s.error['theirs'] / n:.3e} | "
                      f"{s.error['ours'] / n:.3e} | {ratio:.3f} | {plain:.3f} | "
                      f"{speed['theirs']:.0f} | {speed['ours']:.0f} |", flush=True)


main()
