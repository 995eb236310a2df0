#!/usr/bin/env python3
"""Reads files that nybble wrote with the Python packages gguf and safetensors: read_files.py FOLDER

FOLDER/expected.json says what must be in them. Exit code 77: a package is missing. src/files/python_packages_test.cpp
writes the folder and runs this.
"""
import json
import sys
from pathlib import Path

try:
    import numpy as np
    from gguf import GGUFReader
    from safetensors import safe_open
    from safetensors.numpy import load_file
except ImportError as missing:
    print(f'skipped: {missing}')
    sys.exit(77)


def read_gguf(path):
    reader = GGUFReader(path)
    values = {name: field.contents() for name, field in reader.fields.items() if not name.startswith('GGUF.')}
    tensors = {t.name: [t.tensor_type.name, [int(n) for n in t.shape][::-1], t.data.tobytes().hex()]
               for t in reader.tensors}
    return values, tensors


def read_safetensors(path):
    with safe_open(path, 'np') as file:
        types = {name: [file.get_slice(name).get_dtype(), file.get_slice(name).get_shape()] for name in file.keys()}
        metadata = file.metadata() or {}
    arrays = load_file(path)
    return metadata, {name: [*types[name], np.ascontiguousarray(arrays[name]).tobytes().hex()] for name in types}


def main():
    folder = Path(sys.argv[1])
    expected = json.loads((folder / 'expected.json').read_text(encoding='utf-8'))
    failures = 0
    for name, content in expected.items():
        values, tensors = (read_gguf if name.endswith('.gguf') else read_safetensors)(folder / name)
        for kind, found in (('values', values), ('tensors', tensors)):
            if found != content[kind]:
                failures += 1
                print(f'{name}: {kind} differ\n  expected {content[kind]}\n  found    {found}')
    print(f'{len(expected)} files, {failures} failures')
    sys.exit(1 if failures else 0)


if __name__ == '__main__':
    main()
