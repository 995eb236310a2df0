"""Our F32 and F16 files in llama.cpp: the same greedy tokens for 64 steps as in nybble."""
import peer
import tiny_vocabulary

PROMPTS = {
    "smollm2-80m": ["The capital of France is", "Water boils at", "def fibonacci(n):", "In 1969, the first"],
    "tale-6m": ["Once upon a time", "Tom had a red ball.", "One day, a little girl named Lily", "The dog was sad"],
}
STEPS = "64"


def ours(path, prompt):
    return peer.run([peer.program(), "run", path, "-p", prompt, "-n", STEPS, "--temp", "0", "--no-conversation",
                     "--no-display-prompt", "--ignore-eos"])[0]


def theirs(path, prompt):
    out, _ = peer.run([peer.tool("llama-completion"), "-m", path, "-p", prompt, "-n", STEPS, "--temp", "0", "-no-cnv",
                       "--no-display-prompt", "--ignore-eos", *peer.EXACT])
    return out


def agreeing(a, b):
    """Bytes that two texts share at the front."""
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def check():
    table = peer.Table("Greedy text of 64 tokens, our file in both programs", "model", "type", "same prompts",
                       "first difference")
    tiny = sorted(p.parent for p in peer.ROOT.glob("tests/golden/models/*/config.json"))
    for model in [*peer.MODELS, *map(tiny_vocabulary.with_tokenizer, tiny)]:
        for kind in "f32", "f16":
            path = peer.converted(model, kind)
            prompts = PROMPTS.get(str(model), ["Hello world", "0123", "one, two"])
            same, difference = 0, ""
            for prompt in prompts:
                a, b = ours(path, prompt).strip(), theirs(path, prompt).strip()
                same += a == b
                if a != b:
                    at = agreeing(a, b)
                    difference = f"{prompt!r} byte {at} of {len(b)}: {a[at:at + 20]!r}, theirs {b[at:at + 20]!r}"
            table.add(same == len(prompts), getattr(model, "name", model), kind.upper(), f"{same} of {len(prompts)}",
                      difference.replace("|", "\\|"))
    return table
