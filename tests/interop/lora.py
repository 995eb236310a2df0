#!/usr/bin/env python3
"""Runs adapters that PEFT made in nybble, and compares logits with those of PEFT (torch, float32); then the other way round.

    python3 tests/interop/lora.py BUILD [MODEL]

BUILD: the folder with nybble, tests/dump_logits and tests/rewrite_lora. Needs torch, transformers and peft. MODEL is models/tale-6m
unless given: a directory of Hugging Face. Each adapter is run
  beside the weights of the directory, and of a GGUF of it, whose rows of q and k stand in another order,
  merged by `nybble convert --merge` into F32, against PEFT's merge_and_unload,
  by PEFT as nybble wrote it anew.
The bar is 1e-4 of the largest logit.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import peft
import torch
import transformers

BAR = 1e-4
ALL = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']
# name: settings, type of the file
ADAPTERS = {
    'all linears, rank 16': (dict(r=16, lora_alpha=32, target_modules=ALL), torch.float32),
    'q and v, bfloat16': (dict(r=8, lora_alpha=16, target_modules=['q_proj', 'v_proj']), torch.bfloat16),
    'rsLoRA, float16': (dict(r=64, lora_alpha=16, use_rslora=True, target_modules='all-linear'), torch.float16),
    'ranks by pattern': (dict(r=4, lora_alpha=4, target_modules=ALL, rank_pattern={'down_proj': 33, 'layers.1.mlp.up_proj': 1},
                              alpha_pattern={'k_proj': 9}), torch.float32),
    'two layers': (dict(r=3, lora_alpha=5, target_modules=['k_proj', 'o_proj'], layers_to_transform=[0, 2]), torch.float32),
}
REFUSED = {
    'DoRA': dict(use_dora=True, target_modules=['q_proj']),
    'biases': dict(bias='lora_only', target_modules=['q_proj']),
    'a whole module': dict(target_modules=['q_proj'], modules_to_save=['embed_tokens']),
    'the embedding': dict(target_modules=['embed_tokens', 'q_proj']),
}


def load(model):
    return transformers.AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32, attn_implementation='eager').eval()


def randomize(model, dtype):
    """Values that the type of the file holds exactly, so that only sums differ."""
    with torch.no_grad():
        for key, tensor in model.named_parameters():
            if 'lora_' in key:
                tensor.normal_(0, 0.08)
                tensor.copy_(tensor.to(dtype))


def save(model, folder, dtype):
    state = {key: tensor.to(dtype) for key, tensor in peft.get_peft_model_state_dict(model).items()}
    model.save_pretrained(folder, state_dict=state)


def logits_of(model, tokens):
    with torch.no_grad():
        return model(tokens).logits[0].numpy()


def by_nybble(build, model, tokens, work, adapter=None):
    tokens[0].numpy().astype('<i4').tofile(work / 'tokens')
    more = ['1', adapter] if adapter else []
    subprocess.run([build / 'tests/dump_logits', model, work / 'tokens', work / 'logits', *more], check=True, stdout=subprocess.DEVNULL)
    return np.fromfile(work / 'logits', '<f4').reshape(tokens.shape[1], -1)


def distance(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


def check_adapter(name, build, folder, gguf, work):
    settings, dtype = ADAPTERS[name]
    torch.manual_seed(len(name))
    model = peft.get_peft_model(load(folder), peft.LoraConfig(task_type='CAUSAL_LM', **settings)).eval()
    randomize(model, dtype)
    adapter, again, merged = (work / f'{part} {name}' for part in ('adapter', 'again', 'merged'))
    save(model, adapter, dtype)
    tokens = torch.randint(0, model.config.vocab_size, (1, 60))
    expected = logits_of(model, tokens)
    with model.disable_adapter():
        change = distance(logits_of(model, tokens), expected)
    found = {'directory': distance(by_nybble(build, folder, tokens, work, adapter), expected),
             'GGUF': distance(by_nybble(build, gguf, tokens, work, adapter), expected)}
    subprocess.run([build / 'nybble', 'convert', folder, merged, 'F32', '--merge', adapter], check=True, capture_output=True)
    unloaded = logits_of(model.merge_and_unload(), tokens)
    found['merged'] = distance(logits_of(load(merged), tokens), unloaded)
    subprocess.run([build / 'tests/rewrite_lora', gguf, adapter, again], check=True)
    rewritten = peft.PeftModel.from_pretrained(load(folder), again).eval()
    found['written anew'] = distance(logits_of(rewritten, tokens), expected)
    print(f'{name}: changes logits by {change:.2f} of the largest; differences: '
          + ', '.join(f'{what} {value:.1e}' for what, value in found.items()))
    return max(found.values()) <= BAR


def check_refused(name, build, folder, work):
    adapter = work / name
    peft.get_peft_model(load(folder), peft.LoraConfig(task_type='CAUSAL_LM', r=4, **REFUSED[name])).save_pretrained(adapter)
    run = subprocess.run([build / 'nybble', 'run', folder, '--lora', adapter, '-p', 'a', '-n', '1'], capture_output=True, text=True)
    print(f'{name}: exit {run.returncode}, {run.stderr.strip().replace(str(work), "")}')
    return run.returncode != 0


def main():
    build = pathlib.Path(sys.argv[1])
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else 'models/tale-6m')
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        gguf = work / 'model.gguf'
        subprocess.run([build / 'nybble', 'convert', folder, gguf], check=True, capture_output=True)
        results = [check_adapter(adapter, build, folder, gguf, work) for adapter in ADAPTERS]
        results += [check_refused(adapter, build, folder, work) for adapter in REFUSED]
    print(f'{sum(results)} of {len(results)} as they must be')
    sys.exit(not all(results))


main()
