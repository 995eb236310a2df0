#!/usr/bin/env python3
"""Makes the tiny random checkpoints of this folder and the logits that transformers (torch, float32) gives for them.

    python make.py [NAME...]        needs torch, transformers, safetensors

Each model is a folder: config.json, model.safetensors, tokens.json (what is run) and logits.f32 ([tokens, vocabulary],
little-endian float32). Weights are random but scaled so that logits differ by more than noise.
"""
import json
import pathlib
import shutil
import sys

import numpy as np
import torch
import transformers

HERE = pathlib.Path(__file__).parent
SIZES = dict(vocab_size=96, hidden_size=64, intermediate_size=112, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=256, tie_word_embeddings=True, bos_token_id=1,
             eos_token_id=2, pad_token_id=None)


def rope(kind, theta=10000.0, **settings):
    """A smaller model: only its rotation is of interest."""
    return dict(hidden_size=32, intermediate_size=48, num_attention_heads=2, num_key_value_heads=1,
                rope_parameters=dict(rope_type=kind, rope_theta=theta, **settings))


LONGROPE = dict(factor=4.0, original_max_position_embeddings=64,
                short_factor=[1.0 + 0.05 * i for i in range(8)], long_factor=[1.0 + 0.5 * i for i in range(8)])
# name: (family, settings, tokens, style of config.json)
MODELS = {
    "llama": ("Llama", dict(dtype="float32"), 40, 5),
    "llama_untied_f16": ("Llama", dict(tie_word_embeddings=False, dtype="float16"), 24, 4),
    "llama_biases": ("Llama", dict(attention_bias=True, mlp_bias=True, num_key_value_heads=4), 24, 4),
    "llama_rope_llama3": ("Llama", rope("llama3", 500000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                                        original_max_position_embeddings=64), 150, 4),
    "llama_rope_linear": ("Llama", rope("linear", factor=4.0), 40, 4),
    "llama_rope_dynamic": ("Llama", dict(max_position_embeddings=64, **rope("dynamic", factor=2.0)), 100, 5),
    "llama_rope_yarn": ("Llama", rope("yarn", factor=4.0, original_max_position_embeddings=64), 150, 4),
    "llama_rope_yarn_attention": ("Llama", rope("yarn", factor=4.0, original_max_position_embeddings=64, truncate=False,
                                                attention_factor=0.9, beta_fast=16.0, beta_slow=2.0), 90, 5),
    "llama_rope_longrope": ("Llama", rope("longrope", **LONGROPE), 150, 4),
    "llama_rope_longrope_short": ("Llama", rope("longrope", **LONGROPE), 40, 5),
    "mistral": ("Mistral", dict(sliding_window=24, head_dim=24), 150, 4),
    "qwen2": ("Qwen2", dict(num_attention_heads=4), 40, 4),
    "qwen2_windows": ("Qwen2", dict(use_sliding_window=True, sliding_window=16, max_window_layers=1), 90, 5),
    "qwen3": ("Qwen3", dict(head_dim=32), 40, 4),
    "smollm3": ("SmolLM3", dict(num_hidden_layers=4, hidden_size=32, intermediate_size=64), 40, 4),
}


def old_style(config):
    """config.json as transformers 4 wrote it."""
    parameters = config.pop("rope_parameters")
    config["rope_theta"] = parameters.pop("rope_theta")
    config["rope_scaling"] = None if parameters["rope_type"] == "default" else parameters
    config["torch_dtype"] = config.pop("dtype")
    return config


def make(name):
    family, settings, n_tokens, style = MODELS[name]
    settings = {**SIZES, **settings}
    dtype = getattr(torch, settings.pop("dtype", "bfloat16"))
    torch.manual_seed(sum(name.encode()))
    config = getattr(transformers, family + "Config")(**settings)
    model = getattr(transformers, family + "ForCausalLM")(config)
    with torch.no_grad():
        for key, tensor in model.named_parameters():
            if key.endswith("norm.weight"):
                tensor.uniform_(0.5, 1.5)
            else:
                tensor.normal_(0, 0.3 if key.endswith("bias") else 0.15)
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model.to(dtype).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if style == 4:
        text = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(old_style(text), indent=2) + "\n")

    tokens = torch.randint(0, 96, (1, n_tokens))
    exact = getattr(transformers, family + "ForCausalLM").from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        logits = exact(tokens).logits[0].numpy().astype("<f4")
    logits.tofile(folder / "logits.f32")
    (folder / "tokens.json").write_text(json.dumps(tokens[0].tolist()) + "\n")
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{name}: {size} bytes, largest logit {np.abs(logits).max():.3f}, spread {logits.std():.3f}")


if __name__ == "__main__":
    for chosen in sys.argv[1:] or MODELS:
        make(chosen)
