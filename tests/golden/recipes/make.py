#!/usr/bin/env python3
"""Records which type llama-quantize chooses for every tensor, for several model shapes and every recipe.

    NYBBLE_PEERS=DIR python3 make.py        # DIR as bench/peers/llama_cpp made it; needs the package gguf

The models are sparse files: true names and shapes, no data (llama-quantize --dry-run reads none).
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import gguf
import numpy

HERE = pathlib.Path(__file__).parent
RECIPES = sorted(p.stem.upper() for p in (HERE / "../../../src/api/recipes").glob("*.recipe"))
CODES = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Options of llama-quantize tried with a few recipes.
OPTIONS = [("Q4_K_M", ["--imatrix"]), ("Q4_0", ["--imatrix"]), ("Q5_0", ["--imatrix"]), ("IQ4_XS", ["--imatrix"]),
           ("IQ3_XXS", ["--imatrix"]), ("Q4_K_M", ["--pure"]), ("Q4_0", ["--pure"]),
           ("Q4_K_M", ["--tensor-type", "ffn_down=Q3_K"]),
           ("Q4_K_M", ["--tensor-type", "blk.[01].attn_v=Q8_0", "--tensor-type", "attn_=IQ4_NL"]),
           ("Q4_K_M", ["--output-tensor-type", "Q8_0", "--token-embedding-type", "Q5_0"])]


class Model:
    def __init__(self, arch, layers, dim, heads, kv_heads, hidden, vocab, *, tied, head_dim=None, experts=0, shared=0,
                 biases=False, qk_norm=False, stored="F16"):
        self.__dict__.update(locals())
        self.head_dim = head_dim or dim // heads

    def tensors(self):
        """name, shape outermost first"""
        d, q, kv = self.dim, self.heads * self.head_dim, self.kv_heads * self.head_dim
        yield "token_embd.weight", (self.vocab, d)
        for i in range(self.layers):
            b = f"blk.{i}."
            yield b + "attn_norm.weight", (d,)
            for name, rows in ("attn_q", q), ("attn_k", kv), ("attn_v", kv):
                yield f"{b}{name}.weight", (rows, d)
                if self.biases:
                    yield f"{b}{name}.bias", (rows,)
            if self.qk_norm:
                yield b + "attn_q_norm.weight", (self.head_dim,)
                yield b + "attn_k_norm.weight", (self.head_dim,)
            yield b + "attn_output.weight", (d, q)
            yield b + "ffn_norm.weight", (d,)
            if self.experts:
                yield b + "ffn_gate_inp.weight", (self.experts, d)
                yield b + "ffn_gate_exps.weight", (self.experts, self.hidden, d)
                yield b + "ffn_up_exps.weight", (self.experts, self.hidden, d)
                yield b + "ffn_down_exps.weight", (self.experts, d, self.hidden)
            if self.shared or not self.experts:
                suffix, hidden = ("_shexp", self.shared) if self.experts else ("", self.hidden)
                yield f"{b}ffn_gate{suffix}.weight", (hidden, d)
                yield f"{b}ffn_up{suffix}.weight", (hidden, d)
                yield f"{b}ffn_down{suffix}.weight", (d, hidden)
        yield "output_norm.weight", (d,)
        if not self.tied:
            yield "output.weight", (self.vocab, d)

    def write(self, path):
        w = gguf.GGUFWriter(path, self.arch)
        w.add_block_count(self.layers)
        w.add_context_length(2048)
        w.add_embedding_length(self.dim)
        w.add_feed_forward_length(self.hidden)
        w.add_head_count(self.heads)
        w.add_head_count_kv(self.kv_heads)
        w.add_key_length(self.head_dim)
        w.add_value_length(self.head_dim)
        w.add_layer_norm_rms_eps(1e-5)
        w.add_vocab_size(self.vocab)
        w.add_rope_dimension_count(self.head_dim)
        if self.experts:
            w.add_expert_count(self.experts)
            w.add_expert_used_count(2)
            w.add_expert_feed_forward_length(self.hidden)
            if self.shared:
                w.add_expert_shared_feed_forward_length(self.shared)
        data = 0
        for name, shape in self.tensors():
            count = 1
            for n in shape:
                count *= n
            size = count * (4 if stored_type(self, name, shape) == "F32" else 2)
            raw = gguf.GGMLQuantizationType[stored_type(self, name, shape)]
            # numpy has no bfloat16: raw_dtype says the type.
            w.add_tensor_info(name, shape, numpy.dtype(numpy.float32), size, raw_dtype=raw)
            data += -(-size // 32) * 32
        w.write_header_to_file()
        w.write_kv_data_to_file()
        w.write_ti_data_to_file()
        w.close()
        size = -(-os.path.getsize(path) // 32) * 32
        os.truncate(path, size + data)


def stored_type(model, name, shape):
    """As convert_hf_to_gguf.py stores them."""
    return "F32" if len(shape) == 1 or "ffn_gate_inp" in name else model.stored


MODELS = {
    "smollm2-80m": Model("llama", 16, 512, 8, 8, 1536, 49152, tied=True, stored="BF16"),
    "tale-6m": Model("llama", 6, 256, 4, 2, 768, 4096, tied=True, stored="F32"),
    "smollm2-135m": Model("llama", 30, 576, 9, 3, 1536, 49152, tied=True),
    "llama-3-8b": Model("llama", 32, 4096, 32, 8, 14336, 128256, tied=False),
    "llama-3-70b": Model("llama", 80, 8192, 64, 8, 28672, 128256, tied=False),
    "llama-65b": Model("llama", 80, 8192, 64, 64, 22016, 32000, tied=False),
    "qwen2-0.5b": Model("qwen2", 24, 896, 14, 2, 4864, 151936, tied=True, biases=True),
    "qwen2-72b": Model("qwen2", 80, 8192, 64, 8, 29568, 152064, tied=False, biases=True),
    "qwen3-0.6b": Model("qwen3", 28, 1024, 16, 8, 3072, 151936, tied=True, head_dim=128, qk_norm=True),
    "mixtral-8x7b": Model("llama", 32, 4096, 32, 8, 14336, 32000, tied=False, experts=8),
    "qwen2-moe": Model("qwen2moe", 12, 1024, 16, 16, 512, 4096, tied=False, experts=60, shared=2048, biases=True),
    "odd-rows": Model("llama", 9, 80, 5, 1, 200, 1000, tied=False),
}


def write_imatrix(path):
    """Any importance matrix will do: only its presence changes the choice."""
    w = gguf.GGUFWriter(path, "imatrix")
    w.add_type("imatrix")
    w.add_array("imatrix.datasets", ["none"])
    w.add_uint32("imatrix.chunk_count", 1)
    w.add_uint32("imatrix.chunk_size", 512)
    w.add_tensor("blk.0.none.weight.in_sum2", numpy.ones((1, 32), numpy.float32))
    w.add_tensor("blk.0.none.weight.counts", numpy.ones((1, 1), numpy.float32))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def types_of(tool, gguf_path, recipe, options):
    done = subprocess.run([tool, *options, "--dry-run", gguf_path, recipe], capture_output=True, text=True)
    if "no tensor type fallback is defined" in done.stderr:
        return None
    if done.returncode != 0:
        sys.exit(f"{recipe} {options}: {done.stderr[-2000:]}")
    found = {}
    line = re.compile(r"\[ *\d+/ *\d+\] (\S+) .*type = *(\w+), .*?size = .*?MiB(?: -> .*\((\w+)\))?")
    for name, old, new in line.findall(done.stdout + done.stderr):
        found[name] = (new or old).upper()
    return found


def main():
    tool = pathlib.Path(os.environ.get("NYBBLE_PEERS", "")) / "llama.cpp/build/bin/llama-quantize"
    if not tool.exists():
        sys.exit("llama-quantize: not found; run bench/peers/llama_cpp and set NYBBLE_PEERS")
    with tempfile.TemporaryDirectory() as folder:
        imatrix = os.path.join(folder, "imatrix.gguf")
        write_imatrix(imatrix)
        for label, model in MODELS.items():
            path = os.path.join(folder, label + ".gguf")
            model.write(path)
            tensors = list(model.tensors())
            codes, lines = {}, []
            for recipe, options in [(r, []) for r in RECIPES] + OPTIONS:
                given = [o if o != "--imatrix" else f"--imatrix={imatrix}" for o in options]
                given = [x for o in given for x in o.split("=", 1)] if "--imatrix" in options else given
                if "--output-tensor-type" in options and model.dim % 32 != 0:
                    continue  # planned by llama-quantize, but no rows of Q8_0 can have this length
                found = types_of(tool, path, recipe, given)
                if found is None:
                    print(f"{label}: llama-quantize refuses {recipe} for these rows")
                    continue
                text = "".join(codes.setdefault(found[name], CODES[len(codes)]) for name, _ in tensors)
                lines.append(" ".join(["recipe", recipe, text, *options]))
            os.remove(path)
            facts = [f"architecture {model.arch}", f"layers {model.layers}", f"heads {model.heads}",
                     f"kv_heads {model.kv_heads}", f"experts {model.experts}", f"tied {int(model.tied)}"]
            legend = [f"type {code} {name}" for name, code in codes.items()]
            listed = [f"tensor {name} {stored_type(model, name, shape)} {' '.join(map(str, shape))}" for name, shape in tensors]
            head = "# Made by make.py: what llama-quantize chose; one letter a tensor, in the order of the list."
            (HERE / f"{label}.txt").write_text("\n".join([head, *facts, *legend, *listed, *lines]) + "\n")
            print(label, len(tensors), "tensors")


main()
