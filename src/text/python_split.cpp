// Searching and cutting texts as the methods of Python's str do.
#include <algorithm>
#include <cstring>

#include "text/python_text.h"

namespace nybble::text::python {
namespace {

bool in_set(char32_t c, std::optional<std::string_view> chars) {
  if (!chars) return is_space(c);
  for (std::size_t place = 0; place < chars->size();) {
    if (next_code_point(*chars, place) == c) return true;
  }
  return false;
}

}  // namespace

std::string_view strip(std::string_view text, std::optional<std::string_view> chars, Sides sides) {
  std::size_t start = 0;
  std::size_t end = text.size();
  while (sides != Sides::right && start < end) {
    std::size_t next = start;
    if (!in_set(next_code_point(text, next), chars)) break;
    start = next;
  }
  while (sides != Sides::left && end > start) {
    std::size_t previous = end;
    if (!in_set(previous_code_point(text, previous), chars)) break;
    end = previous;
  }
  return text.substr(start, end - start);
}

std::size_t find(std::string_view text, std::string_view needle, std::size_t from) {
  if (from > text.size()) return std::string_view::npos;
  // memmem takes linear time; std::string_view::find does not.
  const void* found = memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::size_t find_last(std::string_view text, std::string_view needle) {
  const std::string backwards(text.rbegin(), text.rend());
  const std::string needle_backwards(needle.rbegin(), needle.rend());
  const std::size_t found = find(backwards, needle_backwards);
  return found == std::string_view::npos ? found : text.size() - found - needle.size();
}

namespace {

std::vector<std::string_view> split_space(std::string_view text, std::ptrdiff_t limit) {
  std::vector<std::string_view> parts;
  text = strip(text, std::nullopt, Sides::left);
  while (!text.empty()) {
    if (limit >= 0 && static_cast<std::ptrdiff_t>(parts.size()) >= limit) {
      parts.push_back(text);  // with the space at its end, as Python
      break;
    }
    std::size_t end = 0;
    for (std::size_t next = 0; end < text.size(); end = next) {
      if (is_space(next_code_point(text, next))) break;
    }
    parts.push_back(text.substr(0, end));
    text = strip(text.substr(end), std::nullopt, Sides::left);
  }
  return parts;
}

std::vector<std::string_view> split_space_right(std::string_view text, std::ptrdiff_t limit) {
  std::vector<std::string_view> parts;
  text = strip(text, std::nullopt, Sides::right);
  while (!text.empty()) {
    if (limit >= 0 && static_cast<std::ptrdiff_t>(parts.size()) >= limit) {
      parts.push_back(text);  // with the space at its start, as Python
      break;
    }
    std::size_t start = text.size();
    for (std::size_t previous = start; start > 0; start = previous) {
      if (is_space(previous_code_point(text, previous))) break;
    }
    parts.push_back(text.substr(start));
    text = strip(text.substr(0, start), std::nullopt, Sides::right);
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

// Calls act(start) for each place of the needle in the text, from the left without overlap.
template <class Act>
void each_place(std::string_view text, std::string_view needle, std::ptrdiff_t limit,
                const Act& act) {
  std::size_t at = limit == 0 ? std::string_view::npos : find(text, needle);
  while (at != std::string_view::npos) {
    act(at);
    at = --limit == 0 ? std::string_view::npos : find(text, needle, at + needle.size());
  }
}

}  // namespace

std::vector<std::string_view> split(std::string_view text,
                                    std::optional<std::string_view> separator,
                                    std::ptrdiff_t limit) {
  if (!separator) return split_space(text, limit);
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  each_place(text, *separator, limit, [&](std::size_t at) {
    parts.push_back(text.substr(start, at - start));
    start = at + separator->size();
  });
  parts.push_back(text.substr(start));
  return parts;
}

std::vector<std::string_view> split_right(std::string_view text,
                                          std::optional<std::string_view> separator,
                                          std::ptrdiff_t limit) {
  if (!separator) return split_space_right(text, limit);
  // From the right without overlap is from the left in the text read backwards.
  const std::string backwards(text.rbegin(), text.rend());
  const std::string needle(separator->rbegin(), separator->rend());
  std::vector<std::string_view> parts;
  std::size_t end = text.size();
  each_place(backwards, needle, limit, [&](std::size_t at) {
    const std::size_t after = text.size() - at;
    parts.push_back(text.substr(after, end - after));
    end = after - separator->size();
  });
  parts.push_back(text.substr(0, end));
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> split_lines(std::string_view text, bool keep_ends) {
  std::vector<std::string_view> lines;
  std::size_t start = 0;
  for (std::size_t place = 0; place < text.size();) {
    const std::size_t end = place;
    const char32_t c = next_code_point(text, place);
    const bool is_end =
        (c >= 10 && c <= 13) || (c >= 28 && c <= 30) || c == 0x85 || c == 0x2028 || c == 0x2029;
    if (!is_end) continue;
    if (c == '\r' && place < text.size() && text[place] == '\n') ++place;
    lines.push_back(text.substr(start, (keep_ends ? place : end) - start));
    start = place;
  }
  if (start < text.size()) lines.push_back(text.substr(start));
  return lines;
}

std::string replace(std::string_view text, std::string_view old, std::string_view by,
                    std::ptrdiff_t count) {
  std::string out;
  std::size_t start = 0;
  if (old.empty()) {
    for (std::size_t place = 0; count != 0; --count) {
      out += by;
      if (place >= text.size()) return out;
      next_code_point(text, place);
      out += text.substr(start, place - start);
      start = place;
    }
  } else {
    each_place(text, old, count, [&](std::size_t at) {
      out += text.substr(start, at - start);
      out += by;
      start = at + old.size();
    });
  }
  out += text.substr(start);
  return out;
}

std::size_t count(std::string_view text, std::string_view needle) {
  std::size_t n = 0;
  each_place(text, needle, -1, [&n](std::size_t) { ++n; });
  return n;
}

}  // namespace nybble::text::python
