#!/usr/bin/env python3
"""Writes awq/: one tiny linear, packed by AutoAWQ itself, and what it unpacks it to.

Needs the packages autoawq (made with 0.2.9, installed without what it depends on), torch and safetensors.
"""
import importlib.util
import json
import sys
import types
from pathlib import Path

import torch
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent / 'awq'
ROWS, COLS, GROUP = 32, 64, 32  # it packs multiples of 32 rows only


def import_without_models():
    """awq.modules.linear.gemm; importing awq itself would load every model of transformers."""
    root = Path(importlib.util.find_spec('awq').submodule_search_locations[0])
    for name, folder in {'awq': '', 'awq.utils': 'utils', 'awq.modules': 'modules', 'awq.modules.linear': 'modules/linear',
                         'awq.modules.triton': 'modules/triton'}.items():
        package = types.ModuleType(name)
        package.__path__ = [str(root / folder)]
        sys.modules[name] = package
    device = types.ModuleType('awq.utils.utils')
    device.get_best_device = lambda: 'cpu'
    sys.modules['awq.utils.utils'] = device
    import awq.modules.linear.gemm as gemm
    import awq.utils.packing_utils as packing
    return gemm, packing


def main():
    gemm, packing = import_without_models()
    torch.manual_seed(7)
    linear = torch.nn.Linear(COLS, ROWS, bias=False)
    grouped = linear.weight.data.reshape(ROWS, COLS // GROUP, GROUP)
    low, high = grouped.amin(-1), grouped.amax(-1)
    scales = ((high - low) / 15).half().float()
    zeros = torch.clamp(torch.round(-low / scales), 0, 15)
    packed = gemm.WQLinear_GEMM.from_linear(linear, 4, GROUP, scales=scales.t().contiguous(), zeros=zeros.t().contiguous())
    unpacked = packing.dequantize_gemm(packed.qweight, packed.qzeros, packed.scales.float(), 4, GROUP)
    HERE.mkdir(exist_ok=True)
    save_file({f'm.{part}': value.contiguous() for part, value in packed.state_dict().items()},
              HERE / 'model.safetensors', metadata={'format': 'pt'})
    save_file({'m.weight': unpacked.t().contiguous()}, HERE / 'expected.safetensors')
    config = {'quant_method': 'awq', 'bits': 4, 'group_size': GROUP, 'zero_point': True, 'version': 'gemm'}
    (HERE / 'config.json').write_text(json.dumps({'quantization_config': config}) + '\n', encoding='utf-8')


main()
