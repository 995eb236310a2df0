"""Split files both ways: llama-gguf-split's in nybble, nybble's in llama.cpp."""
import peer

CHUNKS = 2


def their_split(source):
    def make(out):
        out.mkdir()
        peer.run([peer.tool("llama-gguf-split"), "--split", "--split-max-tensors", "20", source, out / "model"])
    return peer.made("split.theirs", make)


def our_split(source):
    def make(out):
        out.mkdir()
        peer.run([peer.program(), "convert", source, out / "model.gguf", "--split-max-size", "4M"])
    return peer.made("split.ours", make)


def first(folder):
    files = sorted(folder.glob("*.gguf"))
    return files[0], len(files)


def check():
    table = peer.Table("Split files of tale-6m", "made by", "files", "opened by", "perplexity split", "whole")
    source = peer.reference("tale-6m", "f32")
    text = peer.text_file("tale-stories.txt")
    path, count = first(their_split(source))
    split, whole = (peer.our_perplexity(p, text, CHUNKS) for p in (path, source))
    table.add(split == whole and count > 1, "llama-gguf-split", count, "nybble", f"{split:.6f}", f"{whole:.6f}")
    path, count = first(our_split(peer.MODELS["tale-6m"][0]))
    split = peer.their_perplexity(path, text, CHUNKS)
    whole = peer.their_perplexity(peer.converted("tale-6m", "bf16"), text, CHUNKS)
    table.add(split == whole and count > 1, "nybble", count, "llama.cpp", f"{split:.6f}", f"{whole:.6f}")
    merged = peer.made("merged.gguf", lambda out: peer.run([peer.tool("llama-gguf-split"), "--merge", path, out]))
    split = peer.our_perplexity(path, text, CHUNKS)
    whole = peer.our_perplexity(merged, text, CHUNKS)
    table.add(split == whole, "nybble", count, "nybble; merged by llama-gguf-split", f"{split:.6f}", f"{whole:.6f}")
    return table
