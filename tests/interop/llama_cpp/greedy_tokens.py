"""Our F32 and F16 files in llama.cpp: the same greedy tokens for 64 steps as in nybble."""
import peer
import tiny_vocabulary

PROMPTS = {
    "smollm2-80m": ["The capital of France is", "Water boils at", "def fibonacci(n):", "In 1969, the first"],
    "tale-6m": ["Once upon a time", "Tom had a red ball.", "One day, a little girl named Lily", "The dog was sad"],
}
STEPS = 64
# What llama.cpp does not do for these: it is compared for as many tokens as it makes no difference.
LACKS = {"mistral": ("no sliding window (24) for this architecture", 24),
         "qwen2_windows": ("no sliding window (16) for this architecture", 16),
         "llama_rope_dynamic": ("no dynamic RoPE (beyond 64 tokens)", 64)}


def ours(path, prompt, steps):
    return peer.run([peer.program(), "run", path, "-p", prompt, "-n", steps, "--temp", "0", "--no-conversation",
                     "--no-display-prompt", "--ignore-eos"])[0]


def theirs(path, prompt, steps):
    out, _ = peer.run([peer.tool("llama-completion"), "-m", path, "-p", prompt, "-n", steps, "--temp", "0", "-no-cnv",
                       "--no-display-prompt", "--ignore-eos", *peer.EXACT])
    return out


def agreeing(a, b):
    """Bytes that two texts share at the front."""
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def compare(path, kind, prompts, limit):
    """(how many prompts give the same text, what was different)"""
    same, note = 0, ""
    for prompt in prompts:
        # The prompt and BOS count too; the tiny models have a token for each character.
        steps = min(STEPS, limit - len(prompt) - 1)
        a, b = ours(path, prompt, steps).strip(), theirs(path, prompt, steps).strip()
        # On a busy machine llama-completion may end before its last words are printed.
        if a != b and a.startswith(b):
            b = theirs(path, prompt, steps).strip()
        if a != b and kind == "f16":
            # llama.cpp rounds activations to F16 for F16 weights, which decides between near ties; the same weights in
            # F32 must agree.
            b = theirs(peer.dequantized(path), prompt, steps).strip()
            note = note or f"{prompt!r}: the same with these weights in F32"
        same += a == b
        if a != b:
            at = agreeing(a, b)
            note = f"{prompt!r} byte {at} of {len(b)}: {a[at:at + 20]!r}, theirs {b[at:at + 20]!r}"
    return same, note.replace("|", "\\|")


def check():
    table = peer.Table(f"Greedy text of {STEPS} tokens, our file in both programs", "model", "type", "same prompts", "notes")
    tiny = sorted(p.parent for p in peer.ROOT.glob("tests/golden/models/*/config.json"))
    for model in [*peer.MODELS, *map(tiny_vocabulary.with_tokenizer, tiny)]:
        name = getattr(model, "name", model)
        prompts = PROMPTS.get(str(model), ["Hello world", "0123", "one, two"])
        lack, limit = LACKS.get(name, ("", 10**6))
        for kind in "f32", "f16":
            same, note = compare(peer.converted(model, kind), kind, prompts, limit)
            table.add(same == len(prompts), name, kind.upper(), f"{same} of {len(prompts)}",
                      "; ".join(filter(None, [lack and f"llama.cpp has {lack}", note])))
    return table
