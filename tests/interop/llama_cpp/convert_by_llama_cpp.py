#!/usr/bin/env python3
"""convert_hf_to_gguf.py of llama.cpp, with the pre-tokenizer named for models it has no hash of.

    NYBBLE_PEERS=DIR python3 convert_by_llama_cpp.py HF_DIR OUT.gguf TYPE [PRE_TOKENIZER]
"""
import os
import pathlib
import runpy
import sys

peer = pathlib.Path(os.environ["NYBBLE_PEERS"]) / "llama.cpp"
sys.path.insert(0, str(peer))
import conversion.base  # noqa: E402

model, out, kind, *pre = sys.argv[1:]
if pre:
    conversion.base.TextModel.get_vocab_base_pre = lambda *_: pre[0]
sys.argv = ["convert_hf_to_gguf.py", model, "--outtype", kind, "--outfile", out]
runpy.run_path(str(peer / "convert_hf_to_gguf.py"), run_name="__main__")
