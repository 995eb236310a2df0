"""The unquantized model in nybble against the recorded baseline and against llama.cpp today."""
import re

import peer

CHUNKS = 100


def recorded():
    found = re.search(r"F32 perplexity of the 100 windows \(second halves\): (\d+\.\d+)",
                      (peer.SHARED / "baselines/README.md").read_text())
    return float(found.group(1))


def check():
    table = peer.Table(f"Unquantized, perplexity of {CHUNKS} windows", "model", "text", "nybble", "llama.cpp",
                       "difference %")
    for model, text, expected in [("smollm2-80m", "wikitext2-test.txt", recorded()),
                                  ("tale-6m", "tale-stories.txt", None)]:
        path = peer.text_file(text)
        theirs = expected or peer.their_perplexity(peer.reference(model, "f32"), path, CHUNKS)
        ours = peer.our_perplexity(peer.MODELS[model][0], path, CHUNKS)
        difference = peer.percent(ours, theirs)
        table.add(abs(difference) < 0.2, model, text, f"{ours:.4f}", f"{theirs:.4f}" + (" (recorded)" if expected else ""),
                  f"{difference:+.4f}")
    return table
