#!/usr/bin/env python3
"""Compares gradients of models with those of torch (transformers, float32), and the time of a step.

    tests/long/compare_gradients.py DUMP_GRADIENTS MODEL... [--windows 2] [--length 256] [--threads 2]

DUMP_GRADIENTS is the program built from dump_gradients.cpp. MODEL is a directory of Hugging Face of the Llama family. Needs
torch and transformers. Exit code 1: a gradient differs by more than 1e-4 of the largest of its tensor.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import transformers

BAR = 1e-4
PARTS = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
         "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
         "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
OTHERS = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def gguf_name(name):
    stem, suffix = name.rsplit(".", 1)
    if stem in OTHERS:
        return f"{OTHERS[stem]}.{suffix}"
    _, _, layer, part = stem.split(".", 3)
    return f"blk.{layer}.{PARTS[part]}.{suffix}"


def gguf_rows(name, gradient, config):
    """Rows of q and k as a GGUF has them: neighbours turn together, not halves."""
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}.get(name.split(".")[-2])
    if heads is None:
        return gradient
    return gradient.reshape(heads, 2, -1, gradient.shape[-1]).swapaxes(1, 2).reshape(gradient.shape)


def compare(model_path, arguments):
    model = transformers.AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.float32, attn_implementation="sdpa")
    tokens = np.random.default_rng(1).integers(0, model.config.vocab_size, (arguments.windows, arguments.length), dtype=np.int32)
    ids = torch.from_numpy(tokens.astype(np.int64))
    for _ in range(2):  # the first also warms up
        model.zero_grad()
        start = time.perf_counter()
        logits = model(ids).logits
        loss = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten(), reduction="sum")
        loss.backward()
        seconds = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        tokens.tofile(f"{folder}/tokens")
        said = subprocess.run([arguments.dump, model_path, f"{folder}/tokens", str(arguments.length), folder,
                               str(arguments.threads)], check=True, capture_output=True, text=True).stdout
        ours = dict(line.split() for line in said.splitlines())
        worst = (0.0, "")
        for name, parameter in model.named_parameters():
            theirs = gguf_rows(name, parameter.grad.numpy(), model.config)
            found = np.fromfile(f"{folder}/{gguf_name(name)}.f32", np.float32).reshape(theirs.shape)
            worst = max(worst, (float(np.abs(found - theirs).max() / np.abs(theirs).max()), name))
    print(f"{pathlib.Path(model_path).name}: loss {float(ours['loss']):.4f}, torch {loss.item():.4f}; largest difference "
          f"{worst[0]:.1e} of the largest gradient ({worst[1]}); {seconds / float(ours['seconds']):.2f} of torch's speed")
    return worst[0] <= BAR


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--windows", type=int, default=2)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    sys.exit(0 if all([compare(m, arguments) for m in arguments.models]) else 1)


if __name__ == "__main__":
    main()
