#!/usr/bin/env python3
"""Makes the golden files of the number formats: blocks of bytes and the floats another decoder reads from them.

    make.py [--ggml PATH_OF_LIBGGML_BASE_SO]

The decoder is the Python package `gguf` (0.19). Types it names without a decoder (Q1_0, Q2_0, Q8_K) are decoded by ggml's
C through ctypes; without --ggml their files stay as they are. Q8_1 has no decoder anywhere: scale * code, done here.

NAME.bin holds block_len, block_bytes and n_blocks (32 bits each, little-endian), the blocks, the floats.
lattice_points.txt holds the CRC-32 of the coordinates (signed bytes) of each point set of the lattice formats,
gguf_types.txt every type the package names: number, values a block, bytes a block.
"""

import argparse
import ctypes
import pathlib
import zlib

import gguf
import numpy as np
from gguf import quants

HERE = pathlib.Path(__file__).resolve().parent
F16_EDGES = [0x0000, 0x8000, 0xBC01, 0x0001, 0x8003, 0x7BFF]  # zeros, negative, subnormal, largest
E8M0_EDGES = [0, 1, 2, 127, 254, 255]
E4M3_EDGES = [0x00, 0x01, 0x07, 0x7E, 0x7F, 0x80, 0xFF]

# name: (values a block, bytes a block, [(offset, kind) of each scale])
FORMATS = {
    "Q4_0": (32, 18, [(0, "f16")]),
    "Q4_1": (32, 20, [(0, "f16"), (2, "f16")]),
    "Q5_0": (32, 22, [(0, "f16")]),
    "Q5_1": (32, 24, [(0, "f16"), (2, "f16")]),
    "Q8_0": (32, 34, [(0, "f16")]),
    "Q8_1": (32, 36, [(0, "f16"), (2, "f16")]),
    "Q2_K": (256, 84, [(80, "f16"), (82, "f16")]),
    "Q3_K": (256, 110, [(108, "f16")]),
    "Q4_K": (256, 144, [(0, "f16"), (2, "f16")]),
    "Q5_K": (256, 176, [(0, "f16"), (2, "f16")]),
    "Q6_K": (256, 210, [(208, "f16")]),
    "Q8_K": (256, 292, [(0, "f32")]),
    "IQ1_S": (256, 50, [(0, "f16")]),
    "IQ1_M": (256, 56, [(48, "iq1_m")]),
    "IQ2_XXS": (256, 66, [(0, "f16")]),
    "IQ2_XS": (256, 74, [(0, "f16")]),
    "IQ2_S": (256, 82, [(0, "f16")]),
    "IQ3_XXS": (256, 98, [(0, "f16")]),
    "IQ3_S": (256, 110, [(0, "f16")]),
    "IQ4_NL": (32, 18, [(0, "f16")]),
    "IQ4_XS": (256, 136, [(0, "f16")]),
    "TQ1_0": (256, 54, [(52, "f16")]),
    "TQ2_0": (256, 66, [(64, "f16")]),
    "MXFP4": (32, 17, [(0, "e8m0")]),
    "NVFP4": (64, 36, [(0, "e4m3"), (1, "e4m3"), (2, "e4m3"), (3, "e4m3")]),
    "Q1_0": (128, 18, [(0, "f16")]),
    "Q2_0": (64, 18, [(0, "f16")]),
}
LATTICES = {"iq1": "IQ1_S", "iq2_xxs": "IQ2_XXS", "iq2_xs": "IQ2_XS", "iq2_s": "IQ2_S", "iq3_xxs": "IQ3_XXS",
            "iq3_s": "IQ3_S"}


def write_scale(block, offset, kind, value):
    if kind == "f16":
        block[offset:offset + 2] = np.array([value], "<u2").view(np.uint8)
    elif kind == "f32":
        block[offset:offset + 4] = np.array([value], "<u2").view("<f2").astype("<f4").view(np.uint8)
    elif kind == "iq1_m":  # a nibble of the fp16 scale at the top of each of four 16-bit numbers
        for i in range(4):
            byte = offset + 2 * i + 1
            block[byte] = (block[byte] & 0x0F) | (value >> 4 * i & 15) << 4
    else:
        block[offset] = value


def random_scale(rng, kind):
    if kind in ("e8m0", "e4m3"):
        return int(rng.integers(0, 256))
    value = int(rng.integers(0, 0x10000))
    return value & 0xBFFF if value & 0x7C00 == 0x7C00 else value  # finite


def edge_scales(kind):
    return {"e8m0": E8M0_EDGES, "e4m3": E4M3_EDGES}.get(kind, F16_EDGES)


def make_blocks(name, n_random):
    block_len, block_bytes, scales = FORMATS[name]
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    blocks = []
    for i in range(n_random):
        blocks.append(rng.integers(0, 256, block_bytes, dtype=np.uint8))
        for offset, kind in scales:
            write_scale(blocks[-1], offset, kind, random_scale(rng, kind))
    for i in range(len(edge_scales(scales[0][1]))):
        blocks.append(rng.integers(0, 256, block_bytes, dtype=np.uint8))
        for n, (offset, kind) in enumerate(scales):
            edges = edge_scales(kind)
            write_scale(blocks[-1], offset, kind, edges[(i + n) % len(edges)])
    for fill in (0x00, 0xFF):  # least and largest codes
        blocks.append(np.full(block_bytes, fill, dtype=np.uint8))
        for offset, kind in scales:
            write_scale(blocks[-1], offset, kind, {"e8m0": 120, "e4m3": 0x3A}.get(kind, 0x3E00))
    return np.stack(blocks)


def decode(name, blocks, ggml):
    block_len = FORMATS[name][0]
    if name == "Q8_1":
        scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
        return scale * blocks[:, 4:].view(np.int8).astype(np.float32)
    try:
        return quants.dequantize(blocks, gguf.GGMLQuantizationType[name])
    except (KeyError, NotImplementedError):
        if ggml is None:
            return None
    out = np.empty((len(blocks), block_len), np.float32)
    function = getattr(ggml, "dequantize_row_" + {"Q8_K": "q8_K"}.get(name, name.lower()))
    function(np.ascontiguousarray(blocks).ctypes.data_as(ctypes.c_void_p), out.ctypes.data_as(ctypes.c_void_p),
             ctypes.c_int64(out.size))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ggml", help="libggml-base.so, built from ggml's sources")
    arguments = parser.parse_args()
    ggml = ctypes.CDLL(arguments.ggml) if arguments.ggml else None

    for name, (block_len, block_bytes, _) in FORMATS.items():
        blocks = make_blocks(name, n_random=4 if block_len == 256 else 16)
        with np.errstate(over="ignore"):
            values = decode(name, blocks, ggml)
        if values is None:
            print(f"{name}: kept as it is, needs --ggml")
            continue
        assert not np.isnan(values).any(), name
        header = np.array([block_len, block_bytes, len(blocks)], "<u4")
        content = header.tobytes() + blocks.tobytes() + values.astype("<f4").tobytes()
        (HERE / f"{name}.bin").write_bytes(content)

    lines = []
    for points, name in LATTICES.items():
        quant = getattr(quants, name)
        quant.init_grid()
        lines.append(f"{points} {zlib.crc32(quant.grid.astype(np.int8).tobytes()):08x}\n")
    (HERE / "lattice_points.txt").write_text("".join(lines))

    sizes = dict(gguf.GGML_QUANT_SIZES)
    sizes[gguf.GGMLQuantizationType.Q8_1] = (32, 36)  # the package has 40, of before ggml made the scales fp16
    (HERE / "gguf_types.txt").write_text("".join(f"{t.name} {t.value} {n} {size}\n" for t, (n, size) in sizes.items()))


if __name__ == "__main__":
    main()
