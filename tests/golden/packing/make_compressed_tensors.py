#!/usr/bin/env python3
"""Writes compressed_tensors/: one tiny linear for each layout, packed by the library itself, and what it unpacks them to.

Needs the packages compressed-tensors (made with 0.20.0), torch and safetensors.
"""
import json
from pathlib import Path

import torch
from compressed_tensors.compressors import BaseCompressor
from compressed_tensors.quantization import QuantizationArgs, QuantizationConfig, QuantizationScheme
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent / 'compressed_tensors'
ROWS, COLS = 6, 64
FP8 = {'num_bits': 8, 'type': 'float'}
MXFP4 = {'num_bits': 4, 'type': 'float', 'strategy': 'group', 'group_size': 32, 'scale_dtype': torch.uint8}
NVFP4 = {'num_bits': 4, 'type': 'float', 'strategy': 'tensor_group', 'group_size': 16,
         'scale_dtype': torch.float8_e4m3fn}
# Name of the module: format, arguments.
CASES = {
    **{f'pack{bits}': ('pack-quantized', {'num_bits': bits, 'strategy': 'group', 'group_size': 32})
       for bits in (3, 4, 5)},
    **{f'pack{bits}_asym': ('pack-quantized', {'num_bits': bits, 'strategy': 'group', 'group_size': 32,
                                               'symmetric': False}) for bits in (3, 4, 5)},
    'pack4_channel': ('pack-quantized', {'num_bits': 4, 'strategy': 'channel'}),
    'pack8_channel_asym': ('pack-quantized', {'num_bits': 8, 'strategy': 'channel', 'symmetric': False}),
    'int8_channel': ('int-quantized', {'strategy': 'channel'}),
    'int8_asym': ('int-quantized', {'strategy': 'channel', 'symmetric': False}),
    'fp8_tensor': ('float-quantized', {**FP8, 'strategy': 'tensor'}),
    'fp8_channel': ('naive-quantized', {**FP8, 'strategy': 'channel'}),
    'fp8_block': ('float-quantized', {**FP8, 'strategy': 'block', 'block_structure': [3, 32]}),
    'mxfp8': ('mxfp8-quantized', {**FP8, 'strategy': 'group', 'group_size': 32, 'scale_dtype': torch.uint8}),
    'mxfp4': ('mxfp4-pack-quantized', MXFP4),
    'nvfp4': ('nvfp4-pack-quantized', NVFP4),
}


def rectangles(weight, args):
    """Minimum and maximum of the values that share a scale, in the shape of the scales."""
    rows, cols = {'tensor': (ROWS, COLS), 'channel': (1, COLS), 'block': args.block_structure,
                  'group': (1, args.group_size), 'tensor_group': (1, args.group_size)}[args.strategy]
    lows, highs = [], []
    for r in range(0, ROWS, rows):
        parts = [weight[r:r + rows, c:c + cols] for c in range(0, COLS, cols)]
        lows.append([p.min().clamp(max=0) for p in parts])
        highs.append([p.max().clamp(min=0) for p in parts])
    return torch.tensor(lows), torch.tensor(highs)


def parameters(weight, args, module_format):
    """weight_scale and what stands beside it, for the library to quantize with."""
    low, high = rectangles(weight, args)
    largest = torch.maximum(-low, high)
    state = {'weight': weight}
    if module_format.startswith('mx'):
        scale = 2.0 ** torch.floor(torch.log2(largest / (4 if args.num_bits == 4 else 256)))
    elif module_format.startswith('nvfp4'):
        state['weight_global_scale'] = (448 * 6 / largest.max()).reshape(1)
        scale = (largest / 6 * state['weight_global_scale']).to(torch.float8_e4m3fn).float()
    elif args.type == 'float':
        scale = (largest / 448).to(torch.bfloat16)
    elif args.symmetric:
        scale = (largest / (2 ** args.num_bits / 2 - 0.5)).to(torch.bfloat16)
    else:
        scale = ((high - low) / (2 ** args.num_bits - 1)).to(torch.bfloat16)
        state['weight_zero_point'] = torch.clamp(torch.round(-low / scale) - 2 ** (args.num_bits - 1),
                                                 -2 ** (args.num_bits - 1), 2 ** (args.num_bits - 1) - 1).to(torch.int8)
    state['weight_scale'] = scale.reshape(1) if args.strategy == 'tensor' else scale
    return state


def unpacked(compressor, packed, scheme):
    """What the library unpacks, with scales as floats, so that nothing is rounded once more."""
    exact = {k: v.float() if k == 'weight_scale' and v.dtype == torch.bfloat16 else v for k, v in packed.items()}
    zero_point = exact.get('weight_zero_point')
    if zero_point is not None and zero_point.dtype == torch.int32 and zero_point.shape[0] == 1:
        # 0.20.0 fails on a single row of words with the usual strides.
        exact['weight_zero_point'] = zero_point.as_strided(zero_point.shape, (1, 1))
    if scheme.format == 'nvfp4-pack-quantized':
        # It unpacks to bfloat16; a divisor of 1 keeps that exact, and the real one is applied here.
        exact['weight_global_scale'] = torch.ones(1)
    weight = compressor.decompress(exact, scheme)['weight'].float()
    return weight / packed['weight_global_scale'] if scheme.format == 'nvfp4-pack-quantized' else weight


def main():
    torch.manual_seed(7)
    groups, tensors, expected = {}, {}, {}
    for name, (module_format, arguments) in CASES.items():
        args = QuantizationArgs(**arguments)
        scheme = QuantizationScheme(targets=[name], weights=args, format=module_format)
        compressor = BaseCompressor.get_value_from_registry(module_format)
        weight = 0.02 * torch.randn(ROWS, COLS)
        packed = compressor.compress(parameters(weight, args, module_format), scheme)
        groups[name] = scheme
        tensors.update({f'{name}.{part}': value.contiguous() for part, value in packed.items()})
        expected[f'{name}.weight'] = unpacked(compressor, packed, scheme).contiguous()
    config = QuantizationConfig(config_groups=groups, format='mixed-precision', quantization_status='compressed',
                                ignore=['lm_head'])
    HERE.mkdir(exist_ok=True)
    save_file(tensors, HERE / 'model.safetensors', metadata={'format': 'pt'})
    save_file(expected, HERE / 'expected.safetensors')
    (HERE / 'config.json').write_text(
        json.dumps({'quantization_config': config.model_dump(mode='json')}, separators=(',', ':')) + '\n',
        encoding='utf-8')


main()
