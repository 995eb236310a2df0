// Python's str on UTF-8: code points, whitespace, letter case, splitting, repr.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nybble::text::python {

// The code point at a place, and the place moves behind it. A broken sequence gives its first byte
// as U+FFFD.
char32_t next_code_point(std::string_view text, std::size_t& place);
// The code point that ends at a place, and the place moves to its start.
char32_t previous_code_point(std::string_view text, std::size_t& place);
// nullopt when the bytes are not UTF-8.
std::optional<std::size_t> count_code_points(std::string_view text);
// The byte at which a code point starts; the end when there are fewer.
std::size_t byte_of(std::string_view text, std::size_t code_point, bool ascii);

// Predicates on a code point as Python defines them.
bool is_space(char32_t c);
bool is_alpha(char32_t c);
bool is_alnum(char32_t c);
bool is_decimal(char32_t c);
bool is_digit(char32_t c);
bool is_numeric(char32_t c);
bool is_upper(char32_t c);
bool is_lower(char32_t c);
bool is_title(char32_t c);
bool is_cased(char32_t c);
bool is_printable(char32_t c);
bool is_word(char32_t c);  // \w of a regular expression
bool is_identifier(std::string_view text);

std::string upper(std::string_view text);
std::string lower(std::string_view text);
std::string title(std::string_view text);
std::string capitalize(std::string_view text);
std::string swap_case(std::string_view text);
std::string case_fold(std::string_view text);

enum class Sides { both, left, right };
// chars: the set to strip; nullopt: whitespace.
std::string_view strip(std::string_view text, std::optional<std::string_view> chars, Sides sides);

// The first and the last place of a non-empty needle, in time linear in both; npos when absent.
std::size_t find(std::string_view text, std::string_view needle, std::size_t from = 0);
std::size_t find_last(std::string_view text, std::string_view needle);

// limit: at most that many cuts; < 0: no limit. separator: nullopt for runs of whitespace, else not
// empty.
std::vector<std::string_view> split(std::string_view text,
                                    std::optional<std::string_view> separator,
                                    std::ptrdiff_t limit);
std::vector<std::string_view> split_right(std::string_view text,
                                          std::optional<std::string_view> separator,
                                          std::ptrdiff_t limit);
std::vector<std::string_view> split_lines(std::string_view text, bool keep_ends);
// count < 0: all. `old` may be empty: then between all code points.
std::string replace(std::string_view text, std::string_view old, std::string_view by,
                    std::ptrdiff_t count);
std::size_t count(std::string_view text, std::string_view needle);

// Quoted as Python's repr() does.
std::string repr(std::string_view text);

}  // namespace nybble::text::python
