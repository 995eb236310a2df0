"""The same token ids from our GGUF in nybble and in llama.cpp."""
import ast

import peer

SOURCES = ["eval/wikitext2-test.txt", "calibration/multilingual.txt", "calibration/code.txt", "calibration/technical.txt"]
LINES = 40


def texts():
    """Runs of lines, so that line ends and indents are tokenized too."""
    for name in SOURCES:
        lines = (peer.SHARED / "data" / name).read_text(errors="replace").split("\n")
        step = max(1, len(lines) // LINES)
        for i in range(0, len(lines) - 3, step):
            yield "\n".join(lines[i:i + 3])[:2000]


def ours(path, file):
    return [int(word) for word in peer.run([peer.program(), "tokenize", path, "-f", file, "--ids"])[0].split()]


def theirs(path, file):
    out, _ = peer.run([peer.tool("llama-tokenize"), "-m", path, "-f", file, "--ids", "--log-disable", "--no-escape"])
    return ast.literal_eval(out.decode().strip())


def check():
    table = peer.Table("Token ids", "model", "texts", "tokens", "same", "first difference")
    for model in peer.MODELS:
        path = peer.converted(model, "bf16")
        same = count = tokens = 0
        difference = ""
        for text in texts():
            file = peer.WORK / "text.txt"
            file.write_text(text)
            a, b = ours(path, file), theirs(path, file)
            count, tokens, same = count + 1, tokens + len(b), same + (a == b)
            if a != b and not difference:
                difference = repr(text[:60]).replace("|", "\\|")
        table.add(same == count, model, count, tokens, same, difference)
    return table
