"""What the checks against llama.cpp share: where things are, running both programs, the table of results."""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared"
WORK = ROOT / "build" / "interop"
PEER = pathlib.Path(os.environ.get("NYBBLE_PEERS", "~/.cache/nybble/peers")).expanduser() / "llama.cpp"
THREADS = os.environ.get("THREADS", "2")
# Activations and the KV cache of llama.cpp in float32, so that only the weights matter.
EXACT = ["-ctk", "f32", "-ctv", "f32", "-fa", "off", "-t", THREADS]
# Hugging Face directories and the pre-tokenizer that llama.cpp has no hash for.
MODELS = {"smollm2-80m": (SHARED / "models/smollm2-80m", ""), "tale-6m": (ROOT / "models/tale-6m", "llama-bpe")}


def program():
    """The built nybble."""
    for path in [os.environ.get("NYBBLE", ""), ROOT / "build/release/nybble", ROOT / "build/clang/nybble"]:
        if path and pathlib.Path(path).exists():
            return str(path)
    sys.exit("SKIPPED: no built nybble (tools/build release nybble)")


def tool(name):
    path = PEER / "build/bin" / name
    if not path.exists():
        sys.exit(f"SKIPPED: {path} is not there; bench/peers/llama_cpp builds it, NYBBLE_PEERS names its folder")
    return str(path)


def run(arguments, **options):
    """Output of a command as bytes (stdout, stderr). Ends with its stderr when it fails."""
    done = subprocess.run([str(a) for a in arguments], capture_output=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr.decode()[-1500:]}")
    return done.stdout, done.stderr


def made(name, make):
    """WORK/name, made by make(temporary path) unless it is there."""
    WORK.mkdir(parents=True, exist_ok=True)
    path = WORK / name
    if not path.exists():
        new = path.with_name("new-" + path.name)
        new.unlink(missing_ok=True)
        make(new)
        new.rename(path)
    return path


def reference(model, kind):
    """GGUF of a model made by llama.cpp's converter."""
    folder, pre = MODELS[model]
    script = pathlib.Path(__file__).with_name("convert_by_llama_cpp.py")
    return made(f"{model}-{kind}.theirs.gguf", lambda out: run(
        [sys.executable, script, folder, out, kind, *([pre] if pre else [])],
        env={**os.environ, "NYBBLE_PEERS": str(PEER.parent)}))


def converted(model, kind):
    """GGUF of a model made by nybble."""
    folder = MODELS[model][0] if model in MODELS else model
    name = pathlib.Path(folder).name
    return made(f"{name}-{kind}.ours.gguf",
                lambda out: run([program(), "convert", folder, out, "--type", kind.upper()]))


def dequantized(path):
    """The same model in F32: llama.cpp quantizes activations too, but not for these weights."""
    return made(path.name.replace(".gguf", ".f32.gguf"),
                lambda out: run([tool("llama-quantize"), "--allow-requantize", path, out, "F32"]))


def text_file(name="wikitext2-test.txt", size=300000):
    source = SHARED / "data/eval" / name
    return made(name, lambda out: out.write_bytes(source.read_bytes()[:size]))


def remembered(question, answer):
    """answer(), kept in WORK by `question` and the contents of the files in it: the peer answers slowly."""
    stamp = "".join(f"{p.stat().st_size}-{p.stat().st_mtime_ns} " for p in question if isinstance(p, pathlib.Path))
    name = hashlib.sha256((stamp + " ".join(map(str, question))).encode()).hexdigest()[:16] + ".json"
    return json.loads(made(name, lambda out: out.write_text(json.dumps(answer()))).read_text())


def perplexity_command(path, text, chunks):
    return [tool("llama-perplexity"), "-m", path, "-f", text, "-c", "512", "--chunks", str(chunks), *EXACT]


def measured_perplexity(path, text, chunks):
    """Perplexity by llama.cpp."""
    out, err = run(perplexity_command(path, text, chunks))
    text = (out + err).decode()
    # Without the final line, which fails where all windows are about alike, the last running value counts.
    found = re.search(r"Final estimate: PPL = ([\d.]+)", text) or [*re.finditer(r"\[\d+\]([\d.]+),", text)][-1]
    return float(found.group(1))


def their_perplexity(path, text, chunks):
    """The same, remembered."""
    return remembered(perplexity_command(path, text, chunks), lambda: measured_perplexity(path, text, chunks))


def our_perplexity(path, text, chunks):
    """Perplexity by nybble."""
    command = [program(), "eval", path, "-f", text, "-c", "512", "--chunks", str(chunks), "--mode",
               "llama.cpp", "--json"]
    return remembered([*command, pathlib.Path(program())], lambda: json.loads(run(command)[0]))["perplexity"]


def percent(ours, theirs):
    return 100 * (ours / theirs - 1)


class Table:
    """Rows of results, printed as they come and kept as Markdown."""

    def __init__(self, title, *columns):
        self.title, self.columns, self.rows, self.failed = title, columns, [], 0
        print(f"\n{title}\n  " + " | ".join(columns), flush=True)

    def add(self, good, *cells):
        """good: None where nothing is demanded."""
        self.failed += good is False
        row = [*map(str, cells), {None: "", True: "ok", False: "FAILED"}[good]]
        self.rows.append(row)
        print("  " + " | ".join(row), flush=True)

    def markdown(self):
        lines = [f"## {self.title}", "", "| " + " | ".join([*self.columns, ""]) + " |",
                 "|" + "---|" * (len(self.columns) + 1)]
        return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in self.rows]) + "\n"
