#!/usr/bin/env python3
"""Makes the adapters of this folder with PEFT, and the logits that it gives with them (torch, float32).

    python make.py        needs torch, transformers, safetensors, peft

Each adapter is a folder as PEFT saves it. `llama` and `llama_rslora` are of tests/golden/models/llama, and have logits.f32
([tokens, vocabulary], little-endian float32) for its tokens.json; `tale` is of models/tale-6m. The matrices are random.
"""
import json
import pathlib
import shutil

import peft
import torch
import transformers

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[2]
ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
# name: (model, settings, deviation of B, type in the file)
ADAPTERS = {
    "llama": ("tests/golden/models/llama", dict(
        r=4, lora_alpha=6, target_modules=ALL, rank_pattern={"down_proj": 7, "layers.1.self_attn.q_proj": 33},
        alpha_pattern={"gate_proj": 3}), 0.1, torch.float32),
    "llama_rslora": ("tests/golden/models/llama", dict(
        r=8, lora_alpha=4, use_rslora=True, target_modules=r".*layers\.0\..*(k_proj|v_proj)"), 0.2, torch.bfloat16),
    "tale": ("models/tale-6m", dict(r=2, lora_alpha=4, target_modules=["q_proj", "v_proj", "down_proj"]), 0.1,
             torch.bfloat16),
}


def make(name):
    folder, settings, deviation, dtype = ADAPTERS[name]
    torch.manual_seed(sum(name.encode()))
    base = transformers.AutoModelForCausalLM.from_pretrained(ROOT / folder, dtype=torch.float32,
                                                             attn_implementation="eager")
    base.name_or_path = base.config._name_or_path = folder
    model = peft.get_peft_model(base, peft.LoraConfig(task_type="CAUSAL_LM", **settings)).eval()
    with torch.no_grad():
        for key, tensor in model.named_parameters():
            if "lora_" in key:
                tensor.normal_(0, deviation)
                tensor.copy_(tensor.to(dtype))
    out = HERE / name
    shutil.rmtree(out, ignore_errors=True)
    if (ROOT / folder / "tokens.json").exists():
        tokens = torch.tensor([json.loads((ROOT / folder / "tokens.json").read_text())])
        with torch.no_grad():
            logits = model(tokens).logits[0]
            with model.disable_adapter():
                change = (model(tokens).logits[0] - logits).abs().max()
    model.to(dtype).save_pretrained(out)
    if (ROOT / folder / "tokens.json").exists():
        logits.numpy().astype("<f4").tofile(out / "logits.f32")
        print(f"{name}: largest logit {logits.abs().max():.3f}, changed by up to {change:.3f}")
    (out / "README.md").unlink(missing_ok=True)
    config = json.loads((out / "adapter_config.json").read_text())
    if isinstance(config["target_modules"], list):
        config["target_modules"].sort()  # PEFT has a set
    (out / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")
    (out / "adapter_model.safetensors").chmod(0o644)


if __name__ == "__main__":
    for chosen in ADAPTERS:
        make(chosen)
