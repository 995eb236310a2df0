#!/usr/bin/env python3
"""Compares ids with the tokenizers and sentencepiece packages on 2,000 random lines of the shared texts, and lets
tokenizers read the tokenizer.json that nybble makes of the shared GGUF vocabularies.

    python3 tests/interop/tokenizer_ids.py BUILD_FOLDER

Needs the program tokenize_lines in the build folder, ../shared, and the packages; says loudly what is missing.
"""
import pathlib
import random
import subprocess
import sys
import tempfile

LINES = 2000
SHARED = pathlib.Path("../shared")
GOLDEN = pathlib.Path("tests/golden/tokenizers")


def random_lines():
    lines = set()
    for path in sorted(SHARED.glob("data/calibration/*.txt")) + sorted(SHARED.glob("data/eval/*.txt")):
        for line in path.read_text(encoding="utf-8", errors="strict").split("\n"):
            line = line.replace("\r", "")
            if line.strip():
                lines.add(line)
    return random.Random(20260101).sample(sorted(lines), LINES)


def ours(program, model, lines, *options):
    done = subprocess.run([program, model, *options], input="\n".join(lines) + "\n", capture_output=True, text=True, encoding="utf-8")
    if done.returncode != 0:
        sys.exit(f"{model}: {done.stderr}")
    return [[int(word) for word in line.split()] for line in done.stdout.split("\n")[:-1]]


def compare(name, lines, expected, found):
    wrong = [i for i, (e, f) in enumerate(zip(expected, found)) if e != f]
    if len(found) != len(expected):
        wrong.append(len(found))
    print(f"{name}: {len(lines) - len(wrong)} of {len(lines)} lines equal")
    for i in wrong[:3]:
        print(f"  {lines[i]!r}\n  expected {expected[i]}\n  found    {found[i]}")
    return not wrong


def compare_written(program, temporary, tokenizer_class):
    """The ids that come with the GGUF vocabularies, from the tokenizer.json written for each."""
    good = True
    for model in sorted(SHARED.glob("data/tokenizers/*.gguf")):
        folder = pathlib.Path(temporary) / f"hf_{model.stem}"
        folder.mkdir()
        subprocess.run([program, model, "--write-hf", folder], check=True)
        peer = tokenizer_class.from_file(str(folder / "tokenizer.json"))
        texts = (model.parent / f"{model.name}.inp").read_bytes().decode().split("\n__ggml_vocab_test__\n")[:-1]
        lines = (model.parent / f"{model.name}.out").read_text().split("\n")[:len(texts)]
        expected = [[int(word) for word in line.split()] for line in lines]
        found = [peer.encode(text, add_special_tokens=False).ids for text in texts]
        good &= compare(f"tokenizer.json of {model.name}", texts, expected, found)
    return good


def main():
    program = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/clang") / "tokenize_lines"
    try:
        import sentencepiece
        from tokenizers import Tokenizer
    except ImportError as missing:
        print(f"SKIPPED: needs the Python package {missing.name}")
        return 0
    for needed in (program, SHARED):
        if not needed.exists():
            print(f"SKIPPED: needs {needed}")
            return 0
    lines = random_lines()
    good = True
    directories = [SHARED / "models/smollm2-80m", SHARED / "models/tale-6m"]
    with tempfile.TemporaryDirectory() as temporary:
        # A directory counts as a model when it has weights: one tensor suffices.
        header = b'{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
        weights = len(header).to_bytes(8, "little") + header + bytes(4)
        for name, source, target in [("byte_bpe", "byte_bpe.json", "tokenizer.json"), ("word_piece", "word_piece.json", "tokenizer.json"),
                                     ("spm_bpe_hf", "spm_bpe.json", "tokenizer.json"), ("spm_unigram_hf", "spm_unigram.json", "tokenizer.json"),
                                     ("spm_bpe", "spm_bpe.model", "tokenizer.model"), ("spm_unigram", "spm_unigram.model", "tokenizer.model")]:
            folder = pathlib.Path(temporary) / name
            folder.mkdir()
            (folder / target).write_bytes((GOLDEN / source).read_bytes())
            (folder / "config.json").write_text("{}")
            (folder / "model.safetensors").write_bytes(weights)
            directories.append(folder)
        for folder in directories:
            options = []
            if (folder / "tokenizer.json").exists():
                peer = Tokenizer.from_file(str(folder / "tokenizer.json"))
                expected = [peer.encode(line, add_special_tokens=False).ids for line in lines]
            else:
                peer = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
                expected = [peer.encode(line) for line in lines]
                options = ["--plain"]  # SentencePiece knows no control tokens in text
            good &= compare(folder.name, lines, expected, ours(program, folder, lines, *options))
        good &= compare_written(program, temporary, Tokenizer)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
