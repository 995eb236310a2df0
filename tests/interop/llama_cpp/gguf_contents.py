"""Our converted GGUF against convert_hf_to_gguf.py's: metadata key by key, tensors byte by byte."""
import gguf
import numpy

import peer

# Fields that llama.cpp takes from the name of the folder, and the name of a pre-tokenizer: several names stand for the
# same rules, so token_ids judges those.
OWN = ("tokenizer.ggml.pre", "general.name", "general.basename", "general.finetune", "general.size_label",
       "general.version", "general.organization", "GGUF.", "nybble.")


def fields(reader):
    return {name: field.contents() for name, field in reader.fields.items()}


def short(value):
    return str(value)[:40].replace("|", "\\|").replace("\n", " ")


def compare_keys(table, model, ours, theirs):
    same = 0
    for key in sorted({**ours, **theirs}):
        a, b = ours.get(key), theirs.get(key)
        if a == b:
            same += 1
        else:
            good = None if a is None or b is None or key.startswith(OWN) else False
            table.add(good, model, key, short(a), short(b))
    table.add(True, model, f"{same} keys", "same", "")


def compare_tensors(table, model, ours, theirs):
    a = {t.name: t for t in ours.tensors}
    b = {t.name: t for t in theirs.tensors}
    for name in sorted(a.keys() ^ b.keys()):
        table.add(False, model, name, "there" if name in a else "missing", "there" if name in b else "missing")
    equal = 0
    for name in a.keys() & b.keys():
        same = (a[name].tensor_type == b[name].tensor_type and list(a[name].shape) == list(b[name].shape) and
                numpy.array_equal(a[name].data.view(numpy.uint8), b[name].data.view(numpy.uint8)))
        equal += same
        if not same:
            table.add(False, model, name, f"{a[name].tensor_type.name} {a[name].shape.tolist()}",
                      f"{b[name].tensor_type.name} {b[name].shape.tolist()}")
    order = "same order" if [t.name for t in ours.tensors] == [t.name for t in theirs.tensors] else "another order"
    table.add(equal == len(b), model, f"{equal} of {len(b)} tensors", "same type, shape and bytes; " + order, "")


def check():
    table = peer.Table("Our GGUF and convert_hf_to_gguf.py's", "model", "key or tensor", "nybble", "llama.cpp")
    for model in peer.MODELS:
        for kind in ("bf16", "f16"):
            ours = gguf.GGUFReader(peer.converted(model, kind))
            theirs = gguf.GGUFReader(peer.reference(model, kind))
            compare_keys(table, f"{model} {kind}", fields(ours), fields(theirs))
            compare_tensors(table, f"{model} {kind}", ours, theirs)
    return table
