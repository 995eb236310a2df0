#!/usr/bin/env python3
"""Compares nybble's chat templates with transformers' on the templates of real models.

usage: templates.py RENDER_TEMPLATE [FOLDER] [-v]
RENDER_TEMPLATE is the program made from render_template.cpp; FOLDER holds *.jinja (../shared/data/templates).
Prints "N equal of M"; exit code 1 when one differs.
"""
import datetime
import glob
import json
import os
import subprocess
import sys

from conversations import CONVERSATIONS, SPECIAL, VARIANTS

try:
    import transformers.utils.chat_template_utils as renderer
except ImportError as missing:
    print(f"SKIPPED: no package {missing.name}")
    sys.exit(0)

NOW = 1_721_984_461  # 26 July 2024, 09:01:01 UTC


class FixedTime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc).replace(tzinfo=None)


renderer.datetime = FixedTime


def expect(template, messages, variables):
    """The text that apply_chat_template gives, or None when it raises."""
    messages = [{k: v for k, v in m.items() if v is not None} for m in messages]
    try:
        return renderer.render_jinja_template([messages], chat_template=template, **variables)[0][0]
    except Exception as error:  # whatever a template raises
        return error


class Program:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def render(self, template, context):
        request = json.dumps({"template": template, "context": context, "now": NOW})
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def main():
    arguments = [a for a in sys.argv[1:] if a != "-v"]
    verbose = "-v" in sys.argv
    folder = arguments[1] if len(arguments) > 1 else "../shared/data/templates"
    templates = sorted(glob.glob(os.path.join(folder, "*.jinja")))
    if not templates:
        print(f"SKIPPED: no templates in {folder}")
        return 0
    program = Program(arguments[0])
    equal = texts = total = 0
    for path in templates:
        source = open(path, encoding="utf-8").read()
        for name, messages in CONVERSATIONS.items():
            for variant, more in VARIANTS.items():
                variables = {**SPECIAL, **more}
                wanted = expect(source, messages, variables)
                got = program.render(source, {"messages": messages, **variables})
                raised = isinstance(wanted, Exception)
                good = "error" in got if raised else got.get("text") == wanted
                total += 1
                equal += good
                texts += not raised
                if not good:
                    print(f"{os.path.basename(path)} {name} {variant}: differs")
                    if verbose:
                        print("  wanted:", repr(wanted))
                        print("  got:   ", repr(got.get("text", got.get("error"))))
    print(f"{len(templates)} templates: {equal} equal of {total} ({texts} texts, {total - texts} errors)")
    return 0 if equal == total else 1


if __name__ == "__main__":
    sys.exit(main())
