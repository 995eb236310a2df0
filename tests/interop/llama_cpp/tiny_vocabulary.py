"""A tokenizer of single characters for the tiny random checkpoints of tests/golden/models, which have none."""
import json
import shutil

import peer


def vocabulary(size):
    """Byte-level BPE without merges: <unk> <s> </s>, the space, then printable ASCII and as many fillers as needed."""
    names = ["<unk>", "<s>", "</s>", "\u0120"] + [chr(c) for c in range(33, 127)]
    names += [f"<filler{i}>" for i in range(len(names), size)]
    return {name: i for i, name in enumerate(names[:size])}


def tokenizer(size):
    added = [{"id": i, "content": name, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
              "special": True} for i, name in enumerate(["<unk>", "<s>", "</s>"])]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
            "pre_tokenizer": byte_level, "post_processor": None, "decoder": byte_level,
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                      "vocab": vocabulary(size), "merges": []}}


def with_tokenizer(folder):
    """A copy of a checkpoint with this tokenizer."""
    def make(out):
        shutil.copytree(folder, out)
        size = json.loads((folder / "config.json").read_text())["vocab_size"]
        (out / "tokenizer.json").write_text(json.dumps(tokenizer(size)))
        (out / "tokenizer_config.json").write_text(json.dumps(
            {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>",
             "add_bos_token": True}))
    return peer.made(folder.name, make)
