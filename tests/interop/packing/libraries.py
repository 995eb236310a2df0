"""How transformers loads a packed directory with the library that its layout belongs to, on a CPU."""
import importlib.metadata
import importlib.util

import torch
import transformers

# Of a layout's first part. GPTQModel has taken over AutoAWQ's layout; transformers asks for optimum beside it.
LIBRARIES = {"gptq": "gptqmodel", "awq": "gptqmodel", "ct": "compressed_tensors", "bnb": "bitsandbytes",
             "transformers": "bitsandbytes"}


def library_of(layout):
    """'gptqmodel 7.7.0, transformers 5.24.0', empty: not installed."""
    name = LIBRARIES[layout.partition(":")[0]]
    if not importlib.util.find_spec(name):
        return ""
    return f"{name} {importlib.metadata.version(name)}, transformers {transformers.__version__}"


def load(folder, dtype=torch.float32):
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, device_map="cpu",
                                                             attn_implementation="eager").eval()


def left_to_itself(layout, folder):
    """compressed-tensors unpacks FP4 to bfloat16 whatever else is asked for, so such a model has to be of that type."""
    return load(folder, torch.bfloat16 if layout.endswith("fp4") and layout.startswith("ct:") else torch.float32)


def linear_of(weight):
    linear = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    linear.weight.data = weight
    return linear


def to_floats(model):
    """Its own float() refuses, for what is no longer packed."""
    return torch.nn.Module.float(model)


def by_gptqmodel(folder):
    """Its modules give weights [in, out]; they would compute in halves, and multiply by scales in them."""
    model = load(folder)
    for name, module in list(model.named_modules()):
        if not hasattr(module, "dequantize_weight"):
            continue
        module.scales = module.scales.float()
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, linear_of(module.dequantize_weight().float().t().contiguous()))
    return to_floats(model)


def by_compressed_tensors(folder):
    """Without its rounding of inputs. It divides by the scale of a weight in bfloat16, so that is left for later."""
    model = load(folder)
    divisors = {}
    for name, module in model.named_modules():
        module.quantization_enabled = False
        if hasattr(module, "weight_global_scale"):
            divisors[name] = module.weight_global_scale.data.clone()
            module.weight_global_scale.data.fill_(1)
    model.hf_quantizer.compressor.decompress_model(model=model)
    to_floats(model)
    for name, divisor in divisors.items():
        model.get_submodule(name).weight.data /= divisor
    return model


def by_bitsandbytes(folder):
    """In float32, whatever type the weights had once."""
    model = load(folder)
    for parameter in model.parameters():
        if getattr(parameter, "quant_state", None) is not None:
            parameter.quant_state.dtype = torch.float32
    return model.dequantize(torch.float32).float()


def dequantized(layout, folder):
    """A model of float32 linears whose weights the library has unpacked."""
    load_by = {"gptqmodel": by_gptqmodel, "compressed_tensors": by_compressed_tensors, "bitsandbytes": by_bitsandbytes}
    return load_by[LIBRARIES[layout.partition(":")[0]]](folder)
