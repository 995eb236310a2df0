// The rules of a tokenizer as plain data: what a file says, before an engine is built from it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "text/tokenizer.h"

namespace nybble::text {

// Numbers of tokenizer.ggml.token_type.
enum class TokenKind {
  normal = 1,
  unknown = 2,
  control = 3,
  user_defined = 4,
  unused = 5,
  byte = 6
};

struct TokenEntry {
  std::string spelling;
  float score = 0;  // of SentencePiece; 0 elsewhere
  TokenKind kind = TokenKind::normal;
};

// A token that is found in the text before anything else is done with it.
struct AddedToken {
  TokenId id = 0;
  bool special = true;       // control token: plain text when EncodeOptions::parse_special is off
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // takes the white space after it
  bool single_word = false;  // only where no word character stands beside it
  bool normalized = false;   // is looked for in the normalized text
};

// Steps from text to normalized text, named as in tokenizer.json.
struct UnicodeForm {
  enum class Form { nfc, nfd, nfkc, nfkd } form = Form::nfc;
};
struct Lowercase {};
struct StripSpaces {
  bool left = true, right = true;
};
struct StripAccents {};
struct ReplaceText {
  std::string pattern;
  bool is_regex = false;
  std::string content;
};
struct PrependText {
  std::string text;
};
struct Charsmap {
  std::string bytes;  // SentencePiece's precompiled_charsmap
};
struct BertText {
  bool clean_text = true, chinese_chars = true, strip_accents = true, lowercase = true;
};
// The handling of spaces of a SentencePiece file, after its charsmap: U+2581 stands for a space.
struct SentencePieceSpaces {
  bool add_prefix = true, remove_extra = false, as_suffix = false;
};
using NormalizerStep = std::variant<UnicodeForm, Lowercase, StripSpaces, StripAccents, ReplaceText,
                                    PrependText, Charsmap, BertText, SentencePieceSpaces>;

// What becomes of the text that a pattern matches.
enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

// Steps from normalized text to pieces within which tokens are built, named as in tokenizer.json.
struct SplitText {
  std::string pattern;
  bool is_regex = true;
  SplitBehavior behavior = SplitBehavior::isolated;
  bool invert = false;
};
struct ByteLevelText {
  bool add_prefix_space = false, use_regex = true;
};
struct SplitDigits {
  bool individual = false;
};
struct SplitPunctuation {
  SplitBehavior behavior = SplitBehavior::isolated;
};
struct SplitWords {};   // "Whitespace": runs of word characters, runs of others
struct SplitSpaces {};  // "WhitespaceSplit"
struct SplitBert {};
struct SplitAtCharacter {
  std::string delimiter;
};
struct MetaspaceText {
  enum class Prepend { always, first, never } prepend = Prepend::always;
  std::string replacement = "\xe2\x96\x81";
  bool split = true;
};
using PreTokenizerStep =
    std::variant<SplitText, ByteLevelText, SplitDigits, SplitPunctuation, SplitWords, SplitSpaces,
                 SplitBert, SplitAtCharacter, MetaspaceText>;

struct Merge {
  TokenId left = 0, right = 0, result = 0;
};
// Byte-pair encoding by a list of merges; the first in the list is done first.
struct MergesModel {
  std::vector<Merge> merges;
  bool ignore_merges = false;  // a piece that is a token is taken whole
  bool byte_fallback = false;  // characters that are no token become <0xXX>
  bool fuse_unknown = false;
  std::string continuing_prefix, word_suffix;
};
// SentencePiece BPE: neighbours whose joint spelling is a token are merged, the highest score
// first.
struct ScoresModel {};
struct UnigramModel {
  bool byte_fallback = false;
};
struct WordPieceModel {
  std::string first_prefix,
      next_prefix = "##";  // of the spelling at the start of a word, and within
  std::size_t max_word_characters = 100;
};
using TokenModel = std::variant<MergesModel, ScoresModel, UnigramModel, WordPieceModel>;

// How spellings become text.
struct DecoderRules {
  bool byte_level = false;                                        // undo the alphabet of GPT-2
  bool byte_fallback = false;                                     // <0xXX> is a byte
  std::vector<std::pair<std::string, std::string>> replacements;  // in each token
  int strip_start = 0;      // spaces taken off the start of a text
  std::string word_prefix;  // WordPiece: continues a word; empty: off
  bool cleanup = false;     // no space before punctuation
  std::string separator;    // between tokens
};

struct Tokenizer::Rules {
  std::vector<TokenEntry> tokens;  // by id
  std::vector<AddedToken> added;
  std::vector<NormalizerStep> normalizer;
  std::vector<PreTokenizerStep> pre_tokenizer;
  std::string pre_name;  // name of the pre-tokenizer in GGUF; empty: none is known
  TokenModel model;
  DecoderRules decoder;
  std::vector<TokenId> prefix, suffix;  // put around a text when special tokens are added
  std::optional<TokenId> bos, eos, unknown, padding, separator, mask, eot, eom;
  std::vector<TokenId> ends;          // further tokens that end an answer
  std::vector<std::string> warnings;  // sentences on what was odd in the file
};

// Throws Error(corrupt_file) "<where>: ..." when rules contradict themselves: ids out of range, a
// spelling twice ...
void check_rules(const Tokenizer::Rules& rules, const std::string& where);

}  // namespace nybble::text
