#!/usr/bin/env python3
"""Directories that other tools quantized: the same perplexity in nybble as in llama.cpp after `nybble convert`.

    tests/interop/llama_cpp/packed_directories.py NAME=DIRECTORY... [--chunks N] [--write]

NAME is what the table calls the directory, say 'GPTQModel 4b'. Needs llama.cpp (bench/peers/llama_cpp) and the built program,
as `all` does. Each directory becomes a GGUF without --type: types that hold its values exactly where GGUF has such, F16 where
it has none (NF4, scales of more than 11 bits). llama.cpp rounds the inputs of quantized linears to 8 bits, so the bar is for
the same file dequantized by llama-quantize, which computes in float32 as `nybble eval` does; the file as it is stands beside.
--write puts the rows into packed_directories.md, in place of those with the same names. Exit code 1: a ratio beyond the bar.
"""
import argparse
import json
import pathlib
import sys
import tempfile

import peer

BAR = 1.002
FLOATS = ("F32", "F16", "BF16")
RESULTS = pathlib.Path(__file__).with_suffix(".md")
COLUMNS = ["made by", "layout", "linears in the GGUF", "nybble, the directory", "llama.cpp, F32 arithmetic", "ratio",
           "llama.cpp, 8-bit activations", "ratio "]


def layout_of(folder):
    config = json.loads((folder / "config.json").read_text())["quantization_config"]
    kind = config.get("format") or config.get("bnb_4bit_quant_type" if config.get("load_in_4bit") else "checkpoint_format", "")
    traits = [f"{config['bits']} bits" if "bits" in config else "", f"groups of {config['group_size']}" if "group_size" in config else ""]
    return " ".join(filter(None, [config["quant_method"], kind if kind != config["quant_method"] else "", *traits]))


def kinds(converted):
    """'112 Q4_0 (exact)' of what `convert --json` tells about tensors."""
    lines = []
    for pair in sorted({(t["from"], t["to"]) for t in converted}):
        errors = [t["relative_error"] for t in converted if (t["from"], t["to"]) == pair]
        lost = f"squared error {max(errors):.0e}" if max(errors) > 0 else "exact"
        lines.append(f"{len(errors)} {pair[0]} to {pair[1]}, {lost}")
    return "; ".join(lines)


def is_near(ratio):
    return 1 / BAR <= ratio <= BAR


class Directory:
    def __init__(self, name, folder, text, chunks):
        self.name, self.folder, self.text, self.chunks = name, folder, text, chunks
        self.ours = json.loads(peer.run([peer.program(), "eval", folder, "-f", text, "--chunks", chunks, "--mode", "llama.cpp",
                                         "--json"])[0])["perplexity"]

    def row(self):
        with tempfile.TemporaryDirectory() as work:
            gguf, plain = pathlib.Path(work, "as-is.gguf"), pathlib.Path(work, "f32.gguf")
            report = json.loads(peer.run([peer.program(), "convert", self.folder, gguf, "--json"])[0])
            peer.run([peer.tool("llama-quantize"), "--allow-requantize", gguf, plain, "F32"])
            exact, as_is = (peer.measured_perplexity(path, self.text, self.chunks) for path in (plain, gguf))
        linears = [t for t in report["converted"] if t["from"] not in FLOATS]
        numbers = [f"{self.ours:.4f}", f"{exact:.4f}", f"{exact / self.ours:.5f}", f"{as_is:.4f}", f"{as_is / self.ours:.5f}"]
        return is_near(exact / self.ours), self.name, layout_of(self.folder), kinds(linears), *numbers


def write(table, chunks):
    old = RESULTS.read_text().splitlines() if RESULTS.exists() else []
    names = [f"| {row[0]} |" for row in table.rows]
    kept = [line for line in old if line.startswith("| ") and not line.startswith((f"| {COLUMNS[0]} |", *names))]
    lines = table.markdown().splitlines()
    intro = (f"Made by `packed_directories.py --write`; the first {chunks} windows of 512 tokens of WikiText-2's test set. The bar "
             f"of the first ratio is {BAR}.\nThe second holds what llama.cpp's 8-bit activations cost, which is no matter of "
             "the file.")
    RESULTS.write_text("\n".join([lines[0].replace("## ", "# "), "", intro, *lines[1:4], *kept, *lines[4:]]) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directories", nargs="+", metavar="NAME=DIRECTORY")
    parser.add_argument("--chunks", type=int, default=8)
    parser.add_argument("--text", type=pathlib.Path, help="default: 300 kB of WikiText-2")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    text = arguments.text or peer.text_file()
    table = peer.Table("Directories of other tools in nybble and, converted by it, in llama.cpp", *COLUMNS)
    for directory in arguments.directories:
        name, _, folder = directory.rpartition("=")
        table.add(*Directory(name, pathlib.Path(folder), text, arguments.chunks).row())
    if arguments.write:
        write(table, arguments.chunks)
    sys.exit(table.failed > 0)


main()
