#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/regex.h"

#include <pcre2.h>

#include <array>

#include "base/error.h"

namespace nybble::text {
namespace {

// Steps of one match. Real patterns need a few per character; hostile ones reach this in well under
// a second.
constexpr std::uint32_t kMatchLimit = 5'000'000;
constexpr std::size_t kMaxPattern = 1 << 16;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
template <class T, auto Free>
using Handle = std::unique_ptr<T, Deleter<Free>>;

// Scratch memory of one thread: making a JIT stack costs more than matching a short text.
struct Scratch {
  Handle<pcre2_match_data, pcre2_match_data_free> match{pcre2_match_data_create(1, nullptr)};
  Handle<pcre2_jit_stack, pcre2_jit_stack_free> stack{
      pcre2_jit_stack_create(32 << 10, 4 << 20, nullptr)};
  Handle<pcre2_match_context, pcre2_match_context_free> context{
      pcre2_match_context_create(nullptr)};
  Scratch() {
    pcre2_set_match_limit(context.get(), kMatchLimit);
    pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
  }
};

std::string message_of(int code) {
  std::array<PCRE2_UCHAR, 200> buffer{};
  pcre2_get_error_message(code, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

}  // namespace

struct Regex::Code {
  Handle<pcre2_code, pcre2_code_free> code;
};

Regex::Regex(std::string pattern) : pattern_(std::move(pattern)) {
  if (pattern_.size() > kMaxPattern) {
    fail(ErrorKind::corrupt_file,
         "a regular expression of the tokenizer has {} bytes; expected at most {}", pattern_.size(),
         kMaxPattern);
  }
  const std::string translated = translate_oniguruma(pattern_);
  const Handle<pcre2_compile_context, pcre2_compile_context_free> context(
      pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE offset = 0;
  auto code = std::make_unique<Code>();
  // Oniguruma's ^ and $ always stand at lines.
  code->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                                 PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C,
                                 &error, &offset, context.get()));
  if (code->code == nullptr) {
    fail(ErrorKind::corrupt_file,
         "the regular expression '{}' of the tokenizer is not understood: {}", pattern_,
         message_of(error));
  }
  pcre2_jit_compile(code->code.get(), PCRE2_JIT_COMPLETE);  // without JIT it matches all the same
  code_ = std::move(code);
}

Regex::Regex(Regex&&) noexcept = default;
Regex::~Regex() = default;

std::vector<TextRange> Regex::find_all(std::string_view text) const {
  thread_local const Scratch scratch;
  std::vector<TextRange> found;
  const auto match_from = [&](std::size_t at, std::uint32_t options) {
    return pcre2_match(code_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                       at, PCRE2_NO_UTF_CHECK | options, scratch.match.get(),
                       scratch.context.get());
  };
  for (std::size_t at = 0; at <= text.size();) {
    int result = match_from(at, 0);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT)
      result = match_from(at, PCRE2_NO_JIT);  // uses the heap instead
    if (result == PCRE2_ERROR_NOMATCH) break;
    if (result < 0) {
      fail(ErrorKind::unsupported,
           "the regular expression '{}' of the tokenizer fails on a text of {} bytes: {}", pattern_,
           text.size(), message_of(result));
    }
    const PCRE2_SIZE* range = pcre2_get_ovector_pointer(scratch.match.get());
    const std::size_t begin = std::min(range[0], range[1]),
                      end = range[1];  // \K may put the begin behind the end
    const bool behind_match = !found.empty() && begin == end && found.back().end == end;
    if (begin >= at && !behind_match) found.push_back({begin, end});
    at = end;
    if (begin == end) {  // step over one character
      ++at;
      while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
    }
  }
  return found;
}

}  // namespace nybble::text
