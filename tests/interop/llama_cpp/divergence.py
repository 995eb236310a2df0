"""Perplexity and KL divergence of files dequantized to F32, in nybble and in llama-perplexity, on the baseline's windows."""
import json
import re

import peer

TYPES = ["Q8_0", "Q4_K_M", "Q2_K"]
CHUNKS = 100
MODEL, TEXT, CALIBRATION = "smollm2-80m", "wikitext2-test.txt", "mix.txt"


def imatrix(source):
    return peer.made(f"{MODEL}-{CALIBRATION}.imatrix", lambda out: peer.run(
        [peer.tool("llama-imatrix"), "-m", source, "-f", peer.SHARED / "data/calibration" / CALIBRATION, "-o", out, "-c",
         "512", "-t", peer.THREADS]))


def theirs(path, text, base):
    command = [peer.tool("llama-perplexity"), "-m", path, "-f", text, "-c", "512", "--chunks", str(CHUNKS),
               "--kl-divergence-base", base, "--kl-divergence", *peer.EXACT]

    def answer():
        out, err = peer.run(command)
        report = (out + err).decode()
        number = lambda pattern: float(re.search(pattern + r"\s*:\s*(-?[\d.]+)", report).group(1))
        return {"perplexity": number(r"Mean PPL\(Q\)"), "kld": number(r"Mean\s+KLD"), "top1": number(r"Same top p")}
    return peer.remembered([path, *command], answer)


def ours(path, source, text):
    command = [peer.program(), "eval", path, "--reference", source, "-f", text, "-c", "512", "--chunks", str(CHUNKS),
               "--mode", "llama.cpp", "--json"]

    def answer():
        report = json.loads(peer.run(command)[0])
        return {"perplexity": report["perplexity"], "kld": report["kld"]["mean"], "top1": 100 * report["top1"]}
    return peer.remembered([path, *command, peer.pathlib.Path(peer.program())], answer)


def check():
    table = peer.Table(f"Divergence from F32 over {CHUNKS} windows of 512, second halves; files dequantized to F32", "type",
                       "perplexity", "llama.cpp", "difference %", "mean KLD", "llama.cpp", "difference %", "same top %",
                       "llama.cpp")
    source = peer.reference(MODEL, "f32")
    text = peer.text_file(TEXT)
    base = peer.made(f"{MODEL}-{CHUNKS}.kld", lambda out: peer.run(
        [peer.tool("llama-perplexity"), "-m", source, "-f", text, "-c", "512", "--chunks", str(CHUNKS),
         "--kl-divergence-base", out, *peer.EXACT]))
    weights = imatrix(source)
    for kind in TYPES:
        path = peer.made(f"{MODEL}-{kind}-{CALIBRATION}.theirs.gguf", lambda out: peer.run(
            [peer.tool("llama-quantize"), "--imatrix", weights, source, out, kind]))
        path = peer.dequantized(path)
        a, b = ours(path, source, text), theirs(path, text, base)
        ppl, kld = peer.percent(a["perplexity"], b["perplexity"]), peer.percent(a["kld"], b["kld"])
        table.add(abs(ppl) < 0.05 and abs(kld) < 1, kind, f"{a['perplexity']:.4f}", f"{b['perplexity']:.4f}",
                  f"{ppl:+.4f}", f"{a['kld']:.6f}", f"{b['kld']:.6f}", f"{kld:+.3f}", f"{a['top1']:.3f}",
                  f"{b['top1']:.3f}")
    return table
