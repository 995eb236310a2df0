#!/usr/bin/env python3
"""Compares the logits of real models with transformers (torch, float32).

    tests/long/compare_logits.py DUMP_LOGITS MODEL... [--tokens 256] [--table results.md]

DUMP_LOGITS is the program built from dump_logits.cpp. MODEL is a directory of Hugging Face or a GGUF of the Llama
family, whose weights the gguf package decodes. Needs torch, transformers and gguf. Exit code 1: a difference above
1e-4 of the largest logit.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
import transformers

BAR = 1e-4


def unpermute(weight, heads):
    """Rows of q and k from GGUF's order (neighbours) to that of Hugging Face (halves)."""
    return weight.reshape(heads, -1, 2, weight.shape[-1]).swapaxes(1, 2).reshape(weight.shape)


HF_NAMES = {"attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
            "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
            "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}


def load_gguf(path):
    import gguf
    reader = gguf.GGUFReader(path)
    get = lambda key: reader.get_field("llama." + key).contents()
    heads, kv_heads = get("attention.head_count"), get("attention.head_count_kv")
    state = {}
    for tensor in reader.tensors:
        weight = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        parts = tensor.name.split(".")
        if parts[0] == "blk":
            if parts[2] in ("attn_q", "attn_k"):
                weight = unpermute(weight, heads if parts[2] == "attn_q" else kv_heads)
            name = f"model.layers.{parts[1]}.{HF_NAMES[parts[2]]}.weight"
        else:
            name = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}[parts[0]] + ".weight"
        state[name] = torch.from_numpy(weight.copy())
    tied = "lm_head.weight" not in state
    vocab, dim = state["model.embed_tokens.weight"].shape
    config = transformers.LlamaConfig(
        vocab_size=vocab, hidden_size=dim, intermediate_size=get("feed_forward_length"), num_hidden_layers=get("block_count"),
        num_attention_heads=heads, num_key_value_heads=kv_heads, rms_norm_eps=get("attention.layer_norm_rms_epsilon"),
        max_position_embeddings=get("context_length"), tie_word_embeddings=tied,
        rope_parameters=dict(rope_type="default", rope_theta=get("rope.freq_base")), attn_implementation="eager")
    model = transformers.LlamaForCausalLM(config)
    if tied:
        state["lm_head.weight"] = state["model.embed_tokens.weight"]
    model.load_state_dict(state)
    return model.eval()


def load(path):
    if path.suffix == ".gguf":
        return load_gguf(path)
    return transformers.AutoModelForCausalLM.from_pretrained(
        path, dtype=torch.float32, attn_implementation="eager").eval()


def kl_divergence(expected, found):
    p = torch.log_softmax(torch.from_numpy(expected).double(), -1)
    q = torch.log_softmax(torch.from_numpy(found).double(), -1)
    return float((p.exp() * (p - q)).sum(-1).mean())


def compare(program, path, n_tokens):
    model = load(path)
    vocab = model.config.vocab_size
    tokens = np.random.default_rng(1).integers(0, vocab, n_tokens).astype("<i4")
    with torch.no_grad():
        expected = model(torch.from_numpy(tokens.astype(np.int64))[None]).logits[0].numpy()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        tokens.tofile(folder / "tokens")
        subprocess.run([program, path, folder / "tokens", folder / "logits"], check=True, stdout=subprocess.DEVNULL)
        found = np.fromfile(folder / "logits", "<f4").reshape(n_tokens, vocab)
    largest = float(np.abs(expected).max())
    difference = float(np.abs(expected - found).max())
    agreement = float((expected.argmax(-1) == found.argmax(-1)).mean())
    return difference, largest, difference / largest, kl_divergence(expected, found), agreement


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--table", type=pathlib.Path)
    args = parser.parse_args()
    lines = ["| model | tokens | largest difference | largest logit | ratio | mean KL divergence | same top token |",
             "|---|---|---|---|---|---|---|"]
    worst = 0.0
    for path in args.models:
        difference, largest, ratio, kl, agreement = compare(args.program, path, args.tokens)
        worst = max(worst, ratio)
        lines.append(f"| {path.name} | {args.tokens} | {difference:.2e} | {largest:.2f} | {ratio:.1e} | {kl:.1e} | {agreement:.1%} |")
        print(lines[-1], flush=True)
    if args.table:
        args.table.write_text("# Logits against transformers (torch, float32)\n\nMade by `compare_logits.py` on random tokens; "
                              f"the bar is a ratio of {BAR:.0e}.\n\n" + "\n".join(lines) + "\n")
    sys.exit(worst > BAR)


if __name__ == "__main__":
    main()
