#include "text/normalizer.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/error.h"
#include "text/characters.h"
#include "text/charsmap.h"
#include "text/regex.h"

namespace nybble::text {
namespace {

constexpr std::string_view kSpaceMark = "\xe2\x96\x81";

std::string map_unicode(const std::string& text, UnicodeForm::Form form) {
  const bool ascii = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) return text;
  const bool composes = form == UnicodeForm::Form::nfc || form == UnicodeForm::Form::nfkc;
  const bool compatible = form == UnicodeForm::Form::nfkc || form == UnicodeForm::Form::nfkd;
  const auto options = static_cast<utf8proc_option_t>(
      UTF8PROC_STABLE | (composes ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE) |
      (compatible ? UTF8PROC_COMPAT : 0));
  utf8proc_uint8_t* mapped = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &mapped, options);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  if (size < 0)
    fail(ErrorKind::unsupported, "a text of {} bytes cannot be normalized: {}", text.size(),
         utf8proc_errmsg(size));
  return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size)};
}

// rewrite(character, result) appends what becomes of each character.
template <class Rewrite>
std::string rewrite_characters(const std::string& text, Rewrite&& rewrite) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Decoded decoded = decode_utf8(text, at);
    rewrite(decoded.character, result);
    at += std::max<std::size_t>(decoded.length, 1);
  }
  return result;
}

std::string lowercase(const std::string& text) {
  return rewrite_characters(text, [](char32_t c, std::string& result) {
    append_utf8(result, c == 0x130 ? U'i'
                                   : static_cast<char32_t>(
                                         utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
    if (c == 0x130) append_utf8(result, 0x307);  // the only character whose lower case is two
  });
}

template <class Predicate>
std::string drop_characters(const std::string& text, Predicate&& drops) {
  return rewrite_characters(text, [&](char32_t c, std::string& result) {
    if (!drops(c)) append_utf8(result, c);
  });
}

std::string strip(const std::string& text, const StripSpaces& rules) {
  std::size_t begin = 0, end = text.size();
  while (rules.left && begin < end) {
    const Decoded decoded = decode_utf8(text, begin);
    if (!is_white_space(decoded.character)) break;
    begin += decoded.length;
  }
  while (rules.right && end > begin) {
    std::size_t at = end - 1;
    while (at > begin && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
    if (!is_white_space(decode_utf8(text, at).character)) break;
    end = at;
  }
  return text.substr(begin, end - begin);
}

std::string replace_ranges(const std::string& text, const std::vector<TextRange>& ranges,
                           const std::string& content) {
  std::string result;
  std::size_t last = 0;
  for (const TextRange& range : ranges) {
    result += text.substr(last, range.begin - last) + content;
    last = range.end;
  }
  return result + text.substr(last);
}

std::string replace_text(const std::string& text, const std::string& pattern,
                         const std::string& content) {
  if (pattern.empty()) return text;
  std::string result;
  std::size_t last = 0;
  for (std::size_t at = text.find(pattern); at != text.npos; at = text.find(pattern, last)) {
    result.append(text, last, at - last).append(content);
    last = at + pattern.size();
  }
  return result.append(text, last);
}

std::string normalize_bert(std::string text, const BertText& rules) {
  if (rules.clean_text) {
    text = rewrite_characters(text, [](char32_t c, std::string& result) {
      if (c != 0 && c != 0xfffd && !is_control(c))
        append_utf8(result, is_white_space(c) ? U' ' : c);
    });
  }
  if (rules.chinese_chars) {
    text = rewrite_characters(text, [](char32_t c, std::string& result) {
      const bool parts = is_chinese(c);
      if (parts) result += ' ';
      append_utf8(result, c);
      if (parts) result += ' ';
    });
  }
  if (rules.strip_accents)
    text = drop_characters(map_unicode(text, UnicodeForm::Form::nfd), is_mark);
  return rules.lowercase ? lowercase(text) : text;
}

std::string handle_spaces(const std::string& text, const SentencePieceSpaces& rules) {
  std::string result;
  result.reserve(text.size() + text.size() / 4);
  for (const char c : text) {
    const bool repeats = result.empty() || result.ends_with(' ');
    if (c != ' ' || !rules.remove_extra || !repeats) result += c;
  }
  if (rules.remove_extra && result.ends_with(' ')) result.pop_back();
  if (result.empty()) return result;
  if (rules.add_prefix) rules.as_suffix ? result += ' ' : result.insert(0, " ");
  return replace_text(result, " ", std::string(kSpaceMark));
}

using Change = std::function<std::string(std::string)>;

struct MakeChange {
  Change operator()(const UnicodeForm& s) const {
    return [form = s.form](const std::string& text) { return map_unicode(text, form); };
  }
  Change operator()(const Lowercase&) const { return lowercase; }
  Change operator()(const StripSpaces& s) const {
    return [s](const std::string& text) { return strip(text, s); };
  }
  Change operator()(const StripAccents&) const {
    return [](const std::string& text) { return drop_characters(text, is_combining); };
  }
  Change operator()(const ReplaceText& s) const {
    if (!s.is_regex) {
      return [s](const std::string& text) { return replace_text(text, s.pattern, s.content); };
    }
    return [regex = std::make_shared<const Regex>(s.pattern),
            content = s.content](const std::string& text) {
      return replace_ranges(text, regex->find_all(text), content);
    };
  }
  Change operator()(const PrependText& s) const {
    return [prefix = s.text](std::string text) { return text.empty() ? text : prefix + text; };
  }
  Change operator()(const Charsmap& s) const {
    return [map = std::make_shared<const CharsmapReplacer>(s.bytes)](const std::string& text) {
      return map->apply(text);
    };
  }
  Change operator()(const BertText& s) const {
    return [s](std::string text) { return normalize_bert(std::move(text), s); };
  }
  Change operator()(const SentencePieceSpaces& s) const {
    return [s](const std::string& text) { return handle_spaces(text, s); };
  }
};

}  // namespace

Normalizer::Normalizer(const std::vector<NormalizerStep>& steps) {
  for (const NormalizerStep& step : steps) steps_.push_back(std::visit(MakeChange{}, step));
}

std::string Normalizer::apply(std::string text) const {
  for (const auto& step : steps_) text = step(std::move(text));
  return text;
}

}  // namespace nybble::text
