"""Files of llama-quantize in every type, lattice types with an imatrix: the same perplexity in nybble."""
import peer

TYPES = ["F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q2_K_S", "Q3_K_S", "Q3_K_M", "Q3_K_L", "Q4_K_S",
         "Q4_K_M", "Q5_K_S", "Q5_K_M", "Q6_K", "IQ4_NL", "IQ4_XS", "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M",
         "IQ3_XXS", "IQ3_XS", "IQ3_S", "IQ3_M", "TQ1_0", "TQ2_0", "Q1_0", "Q2_0"]
CHUNKS = 5


def imatrix(source):
    text = peer.SHARED / "data/calibration/mix.txt"
    return peer.made("imatrix.gguf", lambda out: peer.run(
        [peer.tool("llama-imatrix"), "-m", source, "-f", text, "-o", out, "-c", "512", "--chunks", "40", "-t",
         peer.THREADS]))


def check():
    model = "smollm2-80m"
    table = peer.Table(f"llama-quantize's files of {model} in nybble, perplexity of {CHUNKS} windows", "type", "nybble",
                       "llama.cpp, F32 arithmetic", "difference %")
    source = peer.reference(model, "f32")
    text = peer.text_file()
    weights = imatrix(source)
    for kind in TYPES:
        path = peer.made(f"{model}-{kind}.imatrix.theirs.gguf", lambda out: peer.run(
            [peer.tool("llama-quantize"), "--imatrix", weights, source, out, kind]))
        theirs = peer.their_perplexity(peer.dequantized(path), text, CHUNKS)
        ours = peer.our_perplexity(path, text, CHUNKS)
        difference = peer.percent(ours, theirs)
        table.add(abs(difference) < 0.2, kind, f"{ours:.4f}", f"{theirs:.4f}", f"{difference:+.4f}")
    return table
