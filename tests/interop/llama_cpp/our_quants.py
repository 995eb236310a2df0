"""Our quantized files: the same perplexity in llama.cpp as in nybble, and no worse than llama-quantize's files."""
import peer

TYPES = ["Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0", "IQ4_XS", "Q3_K_M", "Q2_K"]
CHUNKS = 20


def check():
    model = "smollm2-80m"
    table = peer.Table(f"Our quantized {model}, perplexity of {CHUNKS} windows (without imatrix)", "type",
                       "ours in nybble", "ours in llama.cpp, F32 arithmetic", "difference %",
                       "ours in llama.cpp, int8 activations", "llama-quantize's in llama.cpp, F32 arithmetic",
                       "ours to theirs %")
    text = peer.text_file()
    folder = peer.MODELS[model][0]
    source = peer.reference(model, "f32")
    for kind in TYPES:
        our_file = peer.made(f"{model}-{kind}.ours.gguf",
                             lambda out: peer.run([peer.program(), "quantize", folder, out, kind]))
        their_file = peer.made(f"{model}-{kind}.theirs.gguf",
                               lambda out: peer.run([peer.tool("llama-quantize"), source, out, kind]))
        in_ours = peer.our_perplexity(our_file, text, CHUNKS)
        exact = peer.their_perplexity(peer.dequantized(our_file), text, CHUNKS)
        as_run = peer.their_perplexity(our_file, text, CHUNKS)
        rival = peer.their_perplexity(peer.dequantized(their_file), text, CHUNKS)
        difference = peer.percent(in_ours, exact)
        table.add(abs(difference) < 0.2, kind, f"{in_ours:.4f}", f"{exact:.4f}", f"{difference:+.4f}",
                  f"{as_run:.4f}", f"{rival:.4f}", f"{peer.percent(exact, rival):+.2f}")
    return table
