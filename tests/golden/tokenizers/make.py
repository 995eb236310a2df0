#!/usr/bin/env python3
"""Trains small vocabularies and writes them with the ids that their own libraries give for tricky texts.

Needs the packages tokenizers and sentencepiece. Run from the root of the source tree:
    python3 tests/golden/tokenizers/make.py
"""
import io
import json
import pathlib

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
SENTENCES = """The quick brown fox jumps over the lazy dog. It's what they'd have wanted, isn't it?
Die Übergröße der Äpfel überrascht niemanden, sagte Frau Müller. Dreißig Züge fahren nach Köln.
Le cœur déçu mais l'âme plutôt naïve, Louÿs rêva de crapaüter en canoë au delà des îles.
Съешь же ещё этих мягких французских булок, да выпей чаю. Привет, мир!
吾輩は猫である。名前はまだ無い。 我想在苹果工作。 안녕하세요 세계!
def f(x):
    return [i ** 2 for i in range(10) if x >= i and i != 7]  # 3.14159, 0x1F, 1000000
\tcase 1: printf("%d\\n", a[0]); break;
""".splitlines()
TEXTS = [
    "", " ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", " \n \n\n  ", "\n =", "Hello", " Hello", "  Hello", "    Hello\n    Hello",
    "Hello World!", "Hello, y'all! How are you \U0001f601 ?\u6211\u60f3\u5728apple\u5de5\u4f5c1314151\u5929\uff5e",
    "3", "33", "333", "3333", "33333333", "1,234.5678", "x = 10**6 + 0x1F", "can't CAN'T we'Ve I'LL 'tis",
    "\u00c4pfel \u00e9 e\u0301 \ufb01 \uff21\uff22", "\u0646\u0635 \u0639\u0631\u0628\u064a", "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f636\u200d\U0001f32b\ufe0f \U0001f1e9\U0001f1ea", "a\u0000b",
    "\u2581\u2581under\u2581score", "a\u00a0b\u2003c\u3000d\u0085e\u180ef", "<s>", "a<s>b </s> c", "<|end|>", "x <|end|> y<|end|>",
    "<tool>1</tool>", "<tool> 2 </tool>", "<0x41>", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "                                                                          end", "The fox's dog isn't over-lazy.",
    "def f(x):\n    return x\n\n\nprint(f(3))\n", "\u00bd \u00b2 \u2160 \u0663", "na\u00efve \u0152uvre \u00df", "\ufeffBOM", "\u200b", "....!!!???", "``''\"\"",
]


def corpus():
    return SENTENCES * 3 + pathlib.Path("LICENSE").read_text().splitlines()


def byte_bpe():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=800, show_progress=False, special_tokens=["<s>", "<|end|>"],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.add_tokens([AddedToken("<tool>", rstrip=True), AddedToken("</tool>", lstrip=True, normalized=False),
                          AddedToken("fox", single_word=True)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 0)])
    return tokenizer


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=500, show_progress=False, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return tokenizer


def sentence_piece(kind, **options):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus()), model_writer=model, model_type=kind, character_coverage=0.99, num_threads=1,
        minloglevel=2, user_defined_symbols=["<tool>"], **options)
    return model.getvalue()


def hf_of_bpe(processor):
    """The BPE model as tokenizer.json, with merges in the order of the scores."""
    ids = {processor.id_to_piece(i): i for i in range(len(processor))}
    merges = []
    for piece, i in ids.items():
        if processor.is_control(i) or processor.is_unknown(i) or processor.is_byte(i):
            continue
        merges += [(processor.get_score(i), piece[:cut], piece[cut:]) for cut in range(1, len(piece))
                   if piece[:cut] in ids and piece[cut:] in ids]
    merges.sort(key=lambda m: -m[0])
    tokenizer = Tokenizer(models.BPE(ids, [m[1:] for m in merges], unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.add_tokens([AddedToken("<tool>", normalized=False)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return tokenizer


def hf_of_unigram(processor, model):
    import base64
    pieces = [(processor.id_to_piece(i), processor.get_score(i)) for i in range(len(processor))]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=processor.unk_id(), byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Precompiled(charsmap_of(model)),
                                                 normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.add_tokens([AddedToken("<tool>", normalized=False)])
    return tokenizer


def charsmap_of(model):
    from sentencepiece import sentencepiece_model_pb2
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    return proto.normalizer_spec.precompiled_charsmap


def cases_of_hf(tokenizer):
    encodings = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
    return {"ids": encodings, "decoded": [tokenizer.decode(ids, skip_special_tokens=True) for ids in encodings],
            "special": tokenizer.encode("Hello").ids}


def cases_of_sentence_piece(processor):
    # SentencePiece itself knows no control tokens in text.
    return {"ids": [processor.encode(text) for text in TEXTS], "decoded": [processor.decode(processor.encode(text)) for text in TEXTS]}


def main():
    rules = HERE / "rules.tsv"
    rules.write_text("".join(f"{a}\t{b}\n" for a, b in
                             [("FF21", "41"), ("FF22", "42"), ("FB01", "66 69"), ("65 301", "E9"), ("A0", "20"), ("3000", "20"),
                              ("9", "20"), ("A", "20"), ("D", "20"), ("200B", "")]))
    cases = {}
    for name, tokenizer in (("byte_bpe", byte_bpe()), ("word_piece", word_piece())):
        tokenizer.save(str(HERE / f"{name}.json"), pretty=False)
        cases[name] = cases_of_hf(tokenizer)
    bpe = sentence_piece("bpe", vocab_size=700, byte_fallback=True, normalization_rule_name="identity",
                         remove_extra_whitespaces=False)
    unigram = sentence_piece("unigram", vocab_size=400, normalization_rule_tsv=str(rules))
    rules.unlink()
    for name, model in (("spm_bpe", bpe), ("spm_unigram", unigram)):
        (HERE / f"{name}.model").write_bytes(model)
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        cases[name] = cases_of_sentence_piece(processor)
        hf = hf_of_bpe(processor) if name == "spm_bpe" else hf_of_unigram(processor, model)
        hf.save(str(HERE / f"{name}.json"), pretty=False)
        cases[name + "_hf"] = cases_of_hf(hf)
    lines = [f"{json.dumps(name)}: {json.dumps(case, separators=(',', ':'))}" for name, case in cases.items()]
    (HERE / "cases.json").write_text('{"texts": ' + json.dumps(TEXTS) + ",\n" + ",\n".join(lines) + "}\n")


if __name__ == "__main__":
    main()
