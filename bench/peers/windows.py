"""Calibration texts as the windows of tokens that `nybble calibrate` has by default, and the tokenizer of a model unchanged.

Both by the files themselves: transformers 5 replaces the pre-tokenizer of a tokenizer.json by the one of its class, which cuts
into other tokens (GPT2Tokenizer without the digits of SmolLM2's)."""
import json
import pathlib
import shutil

import tokenizers


def settings_of(arguments):
    """NAME=VALUE as a dictionary; values are JSON."""
    return {name: json.loads(value) for name, value in (a.split("=", 1) for a in arguments)}


def windows(model, text, every=1, context=512):
    """Every so many windows of all."""
    tokenizer = tokenizers.Tokenizer.from_file(str(pathlib.Path(model) / "tokenizer.json"))
    ids = tokenizer.encode(pathlib.Path(text).read_text(encoding="utf-8"), add_special_tokens=False).ids
    return [ids[i:i + context] for i in range(0, len(ids) - context + 1, context * every)]


def copy_tokenizer(model, out):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(pathlib.Path(model) / name, pathlib.Path(out) / name)
