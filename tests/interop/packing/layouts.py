"""Readers of packed layouts in NumPy, written from docs/formats and the pages named there, not from nybble's source."""
import json

import numpy as np


def unpack_words(words, bits):
    """Codes [n, out] of words [n * bits / 32, out]: down each column a stream of bits from the lowest on."""
    shifts = np.arange(32, dtype=np.uint32)[None, :, None]
    stream = (words.view(np.uint32)[:, None, :] >> shifts & 1).reshape(-1, bits, words.shape[1])
    return (stream << np.arange(bits, dtype=np.uint32)[None, :, None]).sum(1).astype(np.int32)


def gptq(tensors, module, config):
    part = lambda name: tensors[f"{module}.{name}"]
    bits = config["bits"]
    codes = unpack_words(part("qweight"), bits)  # [in, out]
    zeros = unpack_words(np.ascontiguousarray(part("qzeros").T), bits).T  # [groups, out]
    zeros = zeros + (config["checkpoint_format"] == "gptq")
    groups = part("g_idx")
    scales = part("scales").astype(np.float32)[groups]
    return ((codes - zeros[groups]).astype(np.float32) * scales).T


def bitsandbytes(tensors, module, config):
    part = lambda name: tensors[f"{module}.{name}"]
    if config["load_in_8bit"]:
        return part("weight") * (part("SCB") / np.float32(127))[:, None]
    kind = config["bnb_4bit_quant_type"]
    state = json.loads(bytes(part(f"weight.quant_state.bitsandbytes__{kind}")))
    absmax = part("weight.absmax")
    if config["bnb_4bit_use_double_quant"]:
        nested = np.repeat(part("weight.nested_absmax"), state["nested_blocksize"])[:absmax.size]
        absmax = part("weight.nested_quant_map")[absmax] * nested + np.float32(state["nested_offset"])
    packed = part("weight").reshape(-1)
    codes = np.stack([packed >> 4, packed & 15], 1).reshape(-1)
    scales = np.repeat(absmax, state["blocksize"])[:codes.size]
    return (part("weight.quant_map")[codes] * scales).reshape(state["shape"])


# quant_method: the reader, the parts of a module, the part by which modules are found.
READERS = {"gptq": (gptq, ["qweight", "qzeros", "scales", "g_idx"], "qweight"),
           "bitsandbytes": (bitsandbytes, ["weight", "weight.absmax", "weight.quant_map", "weight.nested_absmax",
                                           "weight.nested_quant_map", "weight.quant_state.bitsandbytes__nf4",
                                           "weight.quant_state.bitsandbytes__fp4", "SCB", "weight_format"], None)}


def modules_of(tensors, found_by):
    if found_by:
        return [name.removesuffix("." + found_by) for name in tensors if name.endswith("." + found_by)]
    marks = (".weight.absmax", ".SCB")
    return [name.removesuffix(mark) for name in tensors for mark in marks if name.endswith(mark)]


def read(tensors, config):
    """Tensors of a packed model -> its weights in float32, and the names of those that were packed."""
    reader, parts, found_by = READERS[config["quant_method"]]
    modules = modules_of(tensors, found_by)
    weights = {f"{module}.weight": reader(tensors, module, config) for module in modules}
    packed = {f"{module}.{part}" for module in modules for part in parts}
    for name, tensor in tensors.items():
        if name not in packed:
            weights[name] = tensor.astype(np.float32)
    return weights, [f"{module}.weight" for module in modules]


def has_reader(folder):
    return json.loads((folder / "config.json").read_text())["quantization_config"]["quant_method"] in READERS
