"""Files of llama-quantize in every type, lattice types with an imatrix: the same perplexity in nybble."""
import peer

TYPES = ["F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q2_K_S", "Q3_K_S", "Q3_K_M", "Q3_K_L", "Q4_K_S",
         "Q4_K_M", "Q5_K_S", "Q5_K_M", "Q6_K", "IQ4_NL", "IQ4_XS", "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M",
         "IQ3_XXS", "IQ3_XS", "IQ3_S", "IQ3_M", "TQ1_0", "TQ2_0", "Q1_0", "Q2_0"]
# The small model takes every type; the larger one a few, since it has the traits of real models.
CASES = {"tale-6m": (TYPES, "tale-stories.txt", "tiny.txt", 10),
         "smollm2-80m": (["Q5_1", "Q4_K_M", "IQ4_XS", "IQ3_S", "IQ2_XS"], "wikitext2-test.txt", "mix.txt", 5)}


def imatrix(model, source, text):
    return peer.made(f"{model}.imatrix", lambda out: peer.run(
        [peer.tool("llama-imatrix"), "-m", source, "-f", peer.SHARED / "data/calibration" / text, "-o", out, "-c", "512",
         "--chunks", "20", "-t", peer.THREADS]))


def check():
    table = peer.Table("llama-quantize's files in nybble, perplexity (lattice types with an imatrix)", "model", "windows",
                       "type", "nybble", "llama.cpp, F32 arithmetic", "difference %")
    for model, (types, text, calibration, chunks) in CASES.items():
        source = peer.reference(model, "f32")
        text = peer.text_file(text)
        weights = imatrix(model, source, calibration)
        for kind in types:
            path = peer.made(f"{model}-{kind}.imatrix.theirs.gguf", lambda out: peer.run(
                [peer.tool("llama-quantize"), "--imatrix", weights, source, out, kind]))
            theirs = peer.their_perplexity(peer.dequantized(path), text, chunks)
            ours = peer.our_perplexity(path, text, chunks)
            difference = peer.percent(ours, theirs)
            table.add(abs(difference) < 0.2, model, chunks, kind, f"{ours:.4f}", f"{theirs:.4f}", f"{difference:+.4f}")
    return table
