#!/usr/bin/env python3
"""Records what jinja2, set up as transformers does, renders for the snippets of tests/interop/snippets.txt.

usage: make.py    (packages transformers and jinja2; writes features.json beside this script)
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
INTEROP = os.path.join(HERE, "..", "..", "interop")
sys.path.insert(0, INTEROP)

import template_snippets as snippets  # noqa: E402

cases = []
for source in open(os.path.join(INTEROP, "snippets.txt"), encoding="utf-8").read().split("\n%%%%\n"):
    result = snippets.expect(source)
    if isinstance(result, Exception):
        cases.append({"template": source, "error": type(result).__name__})
    elif not snippets.SAFE_ADDRESS.search(result):
        cases.append({"template": source, "text": result})
with open(os.path.join(HERE, "features.json"), "w", encoding="ascii") as file:
    json.dump({"context": snippets.CONTEXT, "cases": cases}, file, indent=1)
    file.write("\n")
