#!/usr/bin/env python3
"""Writes the golden files of this folder with the Python packages gguf and safetensors, and expected.json: what is in them.

Needs: numpy, gguf 0.19, safetensors 0.7, torch, transformers 5.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter
from safetensors import safe_open
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch_file

HERE = Path(__file__).resolve().parent
RANDOM = np.random.default_rng(3)

SCALARS = {
    'u8': (GGUFValueType.UINT8, 255), 'i8': (GGUFValueType.INT8, -128), 'u16': (GGUFValueType.UINT16, 65535),
    'i16': (GGUFValueType.INT16, -32768), 'u32': (GGUFValueType.UINT32, 4294967295),
    'i32': (GGUFValueType.INT32, -2147483648), 'u64': (GGUFValueType.UINT64, 2**63), 'i64': (GGUFValueType.INT64, -2**63),
    'f32': (GGUFValueType.FLOAT32, 0.5), 'f64': (GGUFValueType.FLOAT64, 0.1), 'bool': (GGUFValueType.BOOL, True),
    'string': (GGUFValueType.STRING, 'caf\u00e9 \u2581'),
}
ARRAYS = {
    'array.i32': [-1, 2, 3], 'array.f32': [0.5, -1.25], 'array.string': ['a', '', '\u2581the'], 'array.bool': [True, False],
}
QUANTIZED = {'q8_0': ('Q8_0', 34, 32), 'q4_0': ('Q4_0', 18, 32), 'q4_k': ('Q4_K', 144, 256), 'iq4_xs': ('IQ4_XS', 136, 256)}
PLAIN = {'f32': np.float32, 'f16': np.float16, 'f64': np.float64, 'i8': np.int8, 'i16': np.int16, 'i32': np.int32,
         'i64': np.int64}


def plain_tensors():
    shapes = [(3,), (2, 5), (2, 3, 4), (2, 1, 3, 2)]
    for i, (name, dtype) in enumerate(PLAIN.items()):
        yield f'plain.{name}', (RANDOM.standard_normal(shapes[i % len(shapes)]) * 50).astype(dtype)


def write_gguf(path, arch='llama', **options):
    writer = GGUFWriter(path, arch, **options)
    for name, (kind, value) in SCALARS.items():
        writer.add_key_value(f'test.{name}', value, kind)
    for name, value in ARRAYS.items():
        writer.add_array(f'test.{name}', value)
    for name, data in plain_tensors():
        writer.add_tensor(name, data)
    for name, (kind, n_bytes, length) in QUANTIZED.items():
        data = RANDOM.integers(0, 256, (3, 2 * n_bytes), dtype=np.uint8)
        writer.add_tensor(f'quantized.{name}', data, raw_shape=data.shape, raw_dtype=GGMLQuantizationType[kind])
    return writer


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def describe_gguf(path):
    reader = GGUFReader(path)
    tensors = {t.name: {'type': t.tensor_type.name, 'shape': [int(n) for n in t.shape][::-1], 'bytes': t.data.tobytes().hex()}
               for t in reader.tensors}
    fields = [name for name in reader.fields if not name.startswith('GGUF.')]
    return {'keys': fields, 'tensors': tensors}


def describe_safetensors(path):
    described = {}
    with safe_open(path, 'pt') as file:
        for name in file.keys():
            tensor = file.get_tensor(name)
            described[name] = {'shape': list(tensor.shape), 'type': file.get_slice(name).get_dtype(),
                               'bytes': tensor.contiguous().view(torch.uint8).numpy().tobytes().hex() if tensor.dim()
                               else tensor.reshape(1).view(torch.uint8).numpy().tobytes().hex()}
        return {'metadata': file.metadata() or {}, 'tensors': described}


def write_safetensors():
    tensors = {f't.{np.dtype(d).name}': (RANDOM.standard_normal((2, 3)) * 50).astype(d)
               for d in (np.float64, np.float32, np.float16, np.int64, np.int32, np.int16, np.int8, np.uint8, np.uint16,
                         np.uint32, np.uint64)}
    tensors['t.bool'] = np.array([True, False, True])
    tensors['t.scalar'] = np.array(1.5, dtype=np.float32)
    tensors['t.empty'] = np.zeros((0, 4), dtype=np.float32)
    save_file(tensors, HERE / 'numpy.safetensors', metadata={'format': 'np', 'note': 'caf\u00e9 "quoted"'})
    values = torch.linspace(-3, 3, 10)
    save_torch_file({'t.bf16': values.to(torch.bfloat16), 't.f8_e4m3': values.to(torch.float8_e4m3fn),
                     't.f8_e5m2': values.to(torch.float8_e5m2), 't.f32': values}, HERE / 'torch.safetensors')


def write_sharded():
    """A directory as save_pretrained() leaves it."""
    from transformers import LlamaConfig, LlamaForCausalLM
    torch.manual_seed(3)
    config = LlamaConfig(hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2, vocab_size=32)
    LlamaForCausalLM(config).to(torch.float16).save_pretrained(HERE / 'sharded', max_shard_size='2KB')


def main():
    for old in HERE.glob('*.gguf'):
        old.unlink()
    finish(write_gguf(HERE / 'every_type.gguf'))
    aligned = write_gguf(HERE / 'aligned_64.gguf')
    aligned.add_custom_alignment(64)
    finish(aligned)
    finish(write_gguf(HERE / 'split.gguf', split_max_tensors=4))
    write_safetensors()
    write_sharded()
    expected = {f.name: describe_gguf(f) for f in sorted(HERE.glob('*.gguf'))}
    expected |= {f.name: describe_safetensors(f) for f in sorted(HERE.glob('*.safetensors'))}
    expected |= {f'sharded/{f.name}': describe_safetensors(f) for f in sorted((HERE / 'sharded').glob('*.safetensors'))}
    lines = ',\n'.join(f'{json.dumps(name)}: {json.dumps(content)}' for name, content in expected.items())
    (HERE / 'expected.json').write_text(f'{{{lines}}}\n', encoding='ascii')
    for file in HERE.rglob('*.safetensors'):
        file.chmod(0o644)
    print(sum(f.stat().st_size for f in HERE.rglob('*') if f.is_file()), 'bytes', file=sys.stderr)


if __name__ == '__main__':
    main()
