#define PCRE2_CODE_UNIT_WIDTH 8
#include "packing/module_pattern.h"

#include <pcre2.h>

#include <array>

#include "base/error.h"

namespace nybble::packing {
namespace {

constexpr std::string_view prefix = "re:";
// Steps of one match; patterns of names need some hundreds.
constexpr std::uint32_t match_limit = 100'000;
constexpr std::size_t longest_pattern = 4096;

std::string message_of(int code) {
  std::array<PCRE2_UCHAR, 200> buffer{};
  pcre2_get_error_message(code, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

std::shared_ptr<void> compile(std::string_view pattern, std::string_view where) {
  if (pattern.size() > longest_pattern) {
    fail(ErrorKind::corrupt_file, "{}: a pattern of {} bytes, expected at most {}", where,
         pattern.size(), longest_pattern);
  }
  int error = 0;
  PCRE2_SIZE offset = 0;
  // Python's re.match is anchored at the beginning only.
  pcre2_code* code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                    PCRE2_ANCHORED | PCRE2_NEVER_BACKSLASH_C, &error, &offset, nullptr);
  if (code == nullptr) {
    fail(ErrorKind::corrupt_file, "{}: '{}' is no regular expression: {} at byte {}", where,
         pattern, message_of(error), offset);
  }
  return {code, [](void* it) { pcre2_code_free(static_cast<pcre2_code*>(it)); }};
}

}  // namespace

ModulePattern::ModulePattern(std::string text, std::string_view where) : text_(std::move(text)) {
  if (text_.starts_with(prefix)) {
    kind_ = Kind::expression;
    code_ = compile(std::string_view(text_).substr(prefix.size()), where);
  } else if (text_ == "Linear" || text_ == "LinearBase") {
    kind_ = Kind::linear;
  }
}

bool ModulePattern::matches(std::string_view module) const {
  if (kind_ == Kind::linear) return true;
  if (kind_ == Kind::name) return text_ == module;
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match(
      pcre2_match_data_create(1, nullptr), pcre2_match_data_free);
  const std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> context(
      pcre2_match_context_create(nullptr), pcre2_match_context_free);
  pcre2_set_match_limit(context.get(), match_limit);
  const int result = pcre2_match(static_cast<const pcre2_code*>(code_.get()),
                                 reinterpret_cast<PCRE2_SPTR>(module.data()), module.size(), 0, 0,
                                 match.get(), context.get());
  if (result == PCRE2_ERROR_NOMATCH) return false;
  if (result < 0) {
    fail(ErrorKind::unsupported, "the pattern '{}' fails on the module '{}': {}", text_, module,
         message_of(result));
  }
  return true;
}

}  // namespace nybble::packing
