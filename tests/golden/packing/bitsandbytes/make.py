#!/usr/bin/env python3
"""Writes 4bit/ and int8/ beside this script: small linears quantized by bitsandbytes, and what it dequantizes them to.

`expected.NAME` are the last rows of module NAME in float32 by bitsandbytes; all rows where the module is small. They are by
its portable kernel: that for AVX-512 (0.50.2) takes the scales of other blocks where blocks of scales cross rows.
Needs: bitsandbytes 0.50, torch, safetensors.
"""
import json
import os
from pathlib import Path

os.environ["TORCHDYNAMO_DISABLE"] = "1"  # plain loops, no compiler

import bitsandbytes.functional as F
import torch
from bitsandbytes.backends.default.ops import _dequantize_4bit_compute
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent
RANDOM = torch.Generator().manual_seed(6)

# name: rows, columns, quant_type, block size, double quantization, rows in expected
FOUR_BIT = {
    "nf4": (4, 128, "nf4", 64, False, 4),
    "fp4": (4, 128, "fp4", 64, False, 4),
    "nf4_blocks_of_128": (3, 192, "nf4", 128, False, 3),    # blocks go on in the next row, 64 codes never do
    "nf4_double": (5, 3328, "nf4", 64, True, 1),            # 260 blocks: a second block of scales
    "fp4_double": (2, 256, "fp4", 64, True, 2),
    "nf4_across_rows": (4, 48, "nf4", 64, False, 4),
    "nf4_blocks_of_32": (2, 64, "nf4", 32, False, 2),
    "fp4_across_rows": (3, 32, "fp4", 64, False, 3),
    "nf4_odd": (3, 5, "nf4", 64, False, 3),
}


def weight(rows, cols):
    # Rows of unlike size, so that scales differ.
    return torch.randn(rows, cols, generator=RANDOM) * torch.logspace(-2, 0, rows)[:, None] * 0.1


def dequantize(codes, state, fits):
    absmax = F.dequantize_blockwise(state.absmax, state.state2) + state.offset if state.nested else state.absmax
    values = _dequantize_4bit_compute(codes.view(torch.uint8).reshape(-1), absmax, state.code, state.blocksize, state.shape,
                                      torch.float32)
    assert not fits or torch.equal(values, F.dequantize_4bit(codes, state))
    return values


def four_bit():
    tensors = {}
    for name, (rows, cols, quant_type, block, double, n_expected) in FOUR_BIT.items():
        codes, state = F.quantize_4bit(weight(rows, cols), blocksize=block, compress_statistics=double, quant_type=quant_type)
        tensors[f"{name}.weight"] = codes
        for key, part in state.as_dict(packed=True).items():
            tensors[f"{name}.weight.{key}"] = part.clone()
        tensors[f"expected.{name}"] = dequantize(codes, state, cols % block == 0)[-n_expected:].contiguous()
    # As models trained in shards have them: the same bytes under another type.
    codes, state = F.quantize_4bit(weight(2, 64), quant_type="nf4", quant_storage=torch.bfloat16)
    tensors["nf4_as_bf16.weight"] = codes
    for key, part in state.as_dict(packed=True).items():
        tensors[f"nf4_as_bf16.weight.{key}"] = part.clone()
    tensors["expected.nf4_as_bf16"] = dequantize(codes, state, True)
    tensors["plain.weight"] = weight(2, 4)
    return tensors


def eight_bit():
    tensors = {}
    for name, rows, cols in (("wide", 3, 128), ("narrow", 3, 40)):
        codes, scales, _ = F.int8_vectorwise_quant(weight(rows, cols).half())
        tensors |= {f"{name}.weight": codes, f"{name}.SCB": scales, f"{name}.weight_format": torch.tensor(0, dtype=torch.uint8),
                    f"expected.{name}": F.int8_vectorwise_dequant(codes, scales)}
    return tensors


def save(folder, tensors, **config):
    (HERE / folder).mkdir(exist_ok=True)
    save_file(tensors, HERE / folder / "model.safetensors")
    (HERE / folder / "model.safetensors").chmod(0o644)
    config = {"quantization_config": {"quant_method": "bitsandbytes", **config}}
    (HERE / folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


save("4bit", four_bit(), load_in_4bit=True, load_in_8bit=False, bnb_4bit_quant_type="nf4", llm_int8_skip_modules=["plain"])
save("int8", eight_bit(), load_in_4bit=False, load_in_8bit=True)
