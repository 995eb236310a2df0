#!/usr/bin/env python3
"""Unpacks with compressed-tensors and AutoAWQ what `nybble quantize` packed, and compares with what nybble itself reads of it.

    python3 tests/interop/packed_linears.py NYBBLE [MODEL]

Needs the packages compressed-tensors (0.20), torch and safetensors, and for AWQ autoawq, all but torch installed without what they
depend on; says what is missing. MODEL is models/tale-6m unless given.
"""
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import types

LAYOUTS = ['awq:4b-g64', 'ct:w4a16-g32', 'ct:w4a16-g128', 'ct:w4a16-g64-asym', 'ct:w8a16-g128', 'ct:w8a16', 'ct:w8a8-int8',
           'ct:fp8', 'ct:fp8-block', 'ct:mxfp4', 'ct:nvfp4']
# Products are rounded once or twice by either side.
TOLERANCE = 3 * 2.0 ** -24


def tensors_of(folder):
    from safetensors import safe_open
    tensors = {}
    for file in sorted(folder.glob('*.safetensors')):
        with safe_open(file, framework='pt') as opened:
            tensors.update({name: opened.get_tensor(name) for name in opened.keys()})
    return tensors


def modules_of(tensors):
    """Tensors of each module by the names of their parts."""
    modules = {}
    for name, tensor in tensors.items():
        module, part = name.rsplit('.', 1)
        modules.setdefault(module, {})[part] = tensor
    return modules


def compressed_tensors_unpack(config):
    import torch
    from compressed_tensors.compressors import BaseCompressor
    from compressed_tensors.quantization import QuantizationConfig
    parsed = QuantizationConfig.model_validate(config)
    scheme = parsed.config_groups['group_0']
    scheme.format = parsed.format
    compressor = BaseCompressor.get_value_from_registry(parsed.format)

    def unpack(parts):
        exact = {k: v.float() if k == 'weight_scale' and v.dtype == torch.bfloat16 else v for k, v in parts.items()}
        divisor = exact.get('weight_global_scale')
        if divisor is not None:  # it unpacks to bfloat16, which is exact without the divisor
            exact['weight_global_scale'] = torch.ones(1)
        weight = compressor.decompress(exact, scheme)['weight'].float()
        return weight if divisor is None else weight / divisor
    return lambda parts: unpack(parts) if 'weight_scale' in parts else None


def awq_unpack(config):
    root = pathlib.Path(importlib.util.find_spec('awq').submodule_search_locations[0])
    spec = importlib.util.spec_from_file_location('packing_utils', root / 'utils/packing_utils.py')
    packing = types.ModuleType('packing_utils')
    spec.loader.exec_module(packing)

    def unpack(parts):
        return packing.dequantize_gemm(parts['qweight'], parts['qzeros'], parts['scales'].float(), config['bits'],
                                       config['group_size']).t()
    return lambda parts: unpack(parts) if 'qweight' in parts else None


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f'{" ".join(map(str, command))}: {done.stderr}')


def compare(nybble, model, layout, folder):
    """How many linears the library unpacks to other values than nybble reads."""
    packed, plain = folder / 'packed', folder / 'plain'
    run(nybble, 'quantize', model, packed, layout, '--method', 'rtn')
    run(nybble, 'convert', packed, plain, '--type', 'F32')
    config = json.loads((packed / 'config.json').read_text(encoding='utf-8'))['quantization_config']
    unpack = (awq_unpack if layout.startswith('awq') else compressed_tensors_unpack)(config)
    expected = tensors_of(plain)
    n = wrong = 0
    for module, parts in modules_of(tensors_of(packed)).items():
        weight = unpack(parts)
        if weight is None:
            continue
        n += 1
        read = expected[f'{module}.weight']
        if ((weight - read).abs() > TOLERANCE * read.abs()).any():
            wrong += 1
            print(f'{layout}: {module} differs by up to {(weight - read).abs().max()}')
    print(f'{layout}: {n} linears, {wrong} differ')
    return wrong + (n == 0)


def main():
    nybble, model = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else 'models/tale-6m'
    failed = skipped = 0
    for layout in LAYOUTS:
        package = 'awq' if layout.startswith('awq') else 'compressed_tensors'
        if importlib.util.find_spec(package) is None:
            print(f'skipped: no package {package}: {layout}')
            skipped += 1
            continue
        with tempfile.TemporaryDirectory() as folder:
            failed += compare(nybble, model, layout, pathlib.Path(folder)) > 0
    print(f'{len(LAYOUTS) - failed - skipped} passed, {failed} failed, {skipped} skipped')
    sys.exit(failed > 0)


main()
