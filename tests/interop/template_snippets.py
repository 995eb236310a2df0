#!/usr/bin/env python3
"""Compares nybble's template language with jinja2, as transformers sets it up, on snippets.

usage: template_snippets.py RENDER_TEMPLATE [COUNT [SEED]] [-v]
First the written snippets of snippets.txt, then COUNT random ones (default 3000). Prints "N equal of M".
"""
import os
import random
import re
import sys

from templates import NOW, Program, renderer

CONTEXT = {
    "messages": [{"role": "user", "content": "Hello <b>World</b> & 'you'"}, {"role": "assistant", "content": "naïve ÉCOLE\n\n  two  words "}],
    "n": 7, "z": 0, "neg": -3, "f": 2.5, "big": 10 ** 18, "t": True, "no": None,
    "s": "Hello World", "u": "ßtraße ΣΑΣ ǆ é😀", "e": "", "ws": "  \t x y \n", "lines": "a\nb\r\nc\n\n d", "csv": "a,b,,c", "html": "<a href='x'>&\"</a>",
    "l": [3, 1, 2], "ls": ["b", "A", "c", "a"], "nested": [[1, 2], [3], []], "mixed": [1, "a", None, 2.0, True], "empty": [],
    "d": {"b": 1, "a": 2, "C": 3}, "dn": {"x": {"y": [10, 20]}, "items": "hidden", "k": None}, "ed": {},
    "people": [{"name": "Bo", "age": 30, "city": "x"}, {"name": "al", "age": 25}, {"name": "Cy", "age": 30, "city": "Y"}],
}
SAFE_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def expect(template):
    try:
        return renderer._cached_compile_jinja_template(template).render(**CONTEXT)
    except Exception as error:
        return error


NAMES = [k for k in CONTEXT if k != "messages"] + ["missing"]
LITERALS = ["0", "1", "-2", "3.5", "1e3", "'a'", "'l'", "' '", "''", "'o W'", "true", "none", "[]", "[1, 'x']", "(1, 2)", "{'a': 1}", "'%s-%d'", "'{} {}'", "1_000", "0x1f"]
FILTERS = ["upper", "lower", "title", "capitalize", "trim", "length", "first", "last", "list", "sort", "reverse", "join", "join(', ')", "string", "int", "float",
           "abs", "round", "round(1)", "round(-1)", "round(2, 'floor')", "default('d')", "default('d', true)", "tojson", "tojson(indent=2)", "unique|list", "sum", "min", "max",
           "map('upper')|list", "map(attribute='name')|list", "select|list", "reject('none')|list", "select('string')|list", "selectattr('age', 'gt', 26)|list",
           "rejectattr('city', 'defined')|list", "items|list", "dictsort", "dictsort(by='value')", "batch(2)|list", "slice(2)|list", "indent", "indent(2, true)", "center(9)",
           "truncate(5)", "truncate(7, true, '!')", "replace('l', 'L')", "replace('o', '0', 1)", "wordcount", "e", "safe", "count", "groupby('age')", "groupby(0)|list", "urlencode",
           "sort(reverse=true)", "sort(attribute='name')", "sort(attribute='age,name')", "sort(case_sensitive=true)", "format(1, 2)", "attr('name')", "filesizeformat", "xmlattr",
           "sum(attribute='age')", "max(attribute='age')", "tojson(sort_keys=true)", "tojson(separators=(',', ':'))", "tojson(ensure_ascii=true)", "map('int', 5)|list", "forceescape"]
TESTS = ["defined", "undefined", "none", "string", "number", "integer", "float", "boolean", "true", "false", "mapping", "sequence", "iterable", "callable", "odd", "even",
         "divisibleby 2", "divisibleby(3)", "lower", "upper", "eq 1", "ne 'a'", "lt 3", "in [1, 'a']", "sameas none", "escaped", "gt(2)", "equalto('a')"]
METHODS = [".upper()", ".strip()", ".strip('H d')", ".split()", ".split(',')", ".split('l', 1)", ".rsplit(' ', 1)", ".splitlines()", ".startswith('He')", ".endswith(('d', 'x'))",
           ".replace('l', '')", ".find('l')", ".rfind('l')", ".count('l')", ".title()", ".capitalize()", ".isdigit()", ".isalpha()", ".islower()", ".lstrip()", ".rstrip()",
           ".partition(' ')", ".rpartition('o')", ".removeprefix('He')", ".zfill(12)", ".center(15, '*')", ".ljust(14)", ".swapcase()", ".casefold()", ".get('a')", ".get('q', 5)",
           ".items()", ".keys()|list", ".values()", ".index(1)", ".index('l')", ".a", ".x.y", ".items", "['a']", "['items']", "[0]", "[-1]", "[1:]", "[::-1]", "[:2]", "[-2:]", "[1:9:2]",
           ".format(1, 'b')", ".join(['x', 'y'])", ".isspace()", ".istitle()", ".isalnum()", ".isnumeric()", ".expandtabs(4)", ".name", ".age", ".append(1)", ".__class__", ".pop('a')", "[n]", "[9:2:-3]"]
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]


def expression(depth):
    r = random.random()
    if depth <= 0 or r < 0.12:
        return random.choice(NAMES if random.random() < 0.75 else LITERALS)
    if r < 0.35:
        return f"{operand(depth - 1)}|{random.choice(FILTERS)}"
    if r < 0.45:
        return f"{operand(depth - 1)} is {random.choice(['', 'not '])}{random.choice(TESTS)}"
    if r < 0.7:
        return operand(depth - 1) + random.choice(METHODS)
    if r < 0.88:
        return f"{operand(depth - 1)} {random.choice(OPERATORS)} {operand(depth - 1)}"
    if r < 0.92:
        return f"{operand(depth - 1)} if {operand(depth - 1)} else {operand(depth - 1)}"
    if r < 0.95:
        return f"[{expression(depth - 1)}, {expression(depth - 1)}]"
    if r < 0.97:
        return f"not {operand(depth - 1)}"
    return f"{{'k': {expression(depth - 1)}, {random.choice(LITERALS)}: {expression(depth - 1)}}}"


def operand(depth):
    text = expression(depth)
    return text if re.fullmatch(r"\w+", text) and not text[0].isdigit() else f"({text})"


def statement(depth):
    r = random.random()
    e = expression(2)
    body = statement(depth - 1) if depth > 0 else "{{ x }}"
    pad = lambda tag: random.choice(["{%", "{%-", "{%+"]) + " " + tag + " " + random.choice(["%}", "-%}", "%}\n", "%} \n  "])
    if r < 0.2:
        target = random.choice(["x", "x", "k, x", "n"])
        return pad(f"for {target} in {e}" + random.choice(["", "", " if x", " if loop.index is odd"])) + "{{ loop.index }}{{ x }}" + random.choice(["", "{{ loop.last }}", "{{ loop.length }}", "{{ loop.previtem }}{{ loop.nextitem }}"]) + body + random.choice(["", pad("break"), pad("if x") + pad("continue") + pad("endif")]) + random.choice(["", pad("else") + "none"]) + pad("endfor")
    if r < 0.4:
        return pad(f"if {e}") + body + random.choice(["", pad(f"elif {expression(1)}") + "B"]) + random.choice(["", pad("else") + body]) + pad("endif")
    if r < 0.55:
        return pad(f"set {random.choice(['x', 'n', 's'])} = {e}") + body
    if r < 0.62:
        return pad("set x") + body + pad("endset") + "[{{ x }}]"
    if r < 0.72:
        return pad("macro m(x, y=n)") + body + "{{ y }}" + random.choice(["", "{{ varargs }}{{ kwargs }}", "{{ caller() if caller }}"]) + pad("endmacro") + "{{ m(" + random.choice(["", "1", "s, 2", "x=l", "1, 2, 3, z=4", "y=x"]) + ") }}"
    if r < 0.78:
        return "{% set ns = namespace(v=0) %}" + pad(f"for x in {random.choice(['l', 'ls', 'range(3)', 'empty'])}") + "{% set ns.v = ns.v + 1 %}" + body + pad("endfor") + "{{ ns.v }}"
    if r < 0.83:
        return pad("filter upper") + body + pad("endfilter")
    if r < 0.88:
        return pad(f"with x = {expression(1)}") + body + pad("endwith") + "{{ x }}"
    if r < 0.92:
        return "{# a #}" + random.choice(["\n", " ", "  \n "]) + body + random.choice(["{#- b -#} ", "{# c #}\n"])
    return " text " + "{{ " + e + " }}" + random.choice(["\n", ""])


def main():
    arguments = [a for a in sys.argv[1:] if a != "-v"]
    count = int(arguments[1]) if len(arguments) > 1 else 3000
    random.seed(int(arguments[2]) if len(arguments) > 2 else 1)
    here = os.path.dirname(os.path.abspath(__file__))
    snippets = open(os.path.join(here, "snippets.txt"), encoding="utf-8").read().split("\n%%%%\n")
    snippets += ["{{ " + expression(3) + " }}" if i % 3 else statement(2) for i in range(count)]
    program = Program(arguments[0])
    equal = total = errors = 0
    for snippet in snippets:
        wanted = expect(snippet)
        got = program.render(snippet, CONTEXT)
        raised = isinstance(wanted, Exception)
        # Nobody can foretell the addresses that Python prints for generators and functions.
        if not raised and SAFE_ADDRESS.search(wanted):
            continue
        good = "error" in got if raised else got.get("text") == wanted
        total += 1
        equal += good
        errors += raised
        if not good:
            print("differs:", repr(snippet))
            print("  wanted:", repr(wanted))
            print("  got:   ", repr(got.get("text", got.get("error"))))
    print(f"{equal} equal of {total} snippets ({errors} of them errors)")
    return 0 if equal == total else 1


if __name__ == "__main__":
    sys.exit(main())
