// How values are written as text: Python's str() and repr().
#include <array>
#include <charconv>
#include <cmath>

#include "text/jinja_operators.h"
#include "text/python_text.h"

namespace nybble::text::jinja {

// The shortest digits that read back as the same double, laid out as Python's repr does.
std::string real_to_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, 40> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                 std::chars_format::scientific);
  const std::string_view scientific(buffer.data(),
                                    static_cast<std::size_t>(end.ptr - buffer.data()));
  const std::size_t mark = scientific.find('e');
  std::string digits(scientific.substr(0, 1));
  if (mark > 2) digits += scientific.substr(2, mark - 2);
  const bool negative_exponent = scientific[mark + 1] == '-';
  int exponent = 0;
  std::from_chars(scientific.data() + mark + 2, scientific.data() + scientific.size(), exponent);
  if (negative_exponent) exponent = -exponent;
  std::string out = std::signbit(value) ? "-" : "";
  const int n_digits = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    out += digits.substr(0, 1);
    if (n_digits > 1) out += "." + digits.substr(1);
    return out + fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
  }
  if (exponent < 0)
    return out + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  if (n_digits <= exponent + 1)
    return out + digits + std::string(static_cast<std::size_t>(exponent + 1 - n_digits), '0') +
           ".0";
  const auto whole = static_cast<std::size_t>(exponent + 1);
  return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string integer_to_text(Int value) {
  return fmt::format("{}", value);
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '\'') {
      out += "&#39;";
    } else if (c == '"') {
      out += "&#34;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string to_escaped(Sandbox& sandbox, const Value& value) {
  std::string text = to_text(sandbox, value);
  if (value.is_text() && value.text().markup) return text;
  sandbox.work_on(text.size());
  return escape_html(text);
}

namespace {

class ReprWriter {
 public:
  explicit ReprWriter(Sandbox& sandbox) : sandbox_(sandbox) {}

  void write(const Value& value) {
    const DepthGuard guard(sandbox_);
    sandbox_.work();
    if (out.size() > sandbox_.limits().text) sandbox_.work_on(out.size());
    switch (value.kind()) {
      case Kind::missing:
      case Kind::undefined:
        out += "Undefined";
        break;
      case Kind::text:
        sandbox_.work_on(value.text().bytes.size());
        out += value.text().markup ? "Markup(" + python::repr(value.text().bytes) + ")"
                                   : python::repr(value.text().bytes);
        break;
      case Kind::sequence:
        write_sequence(value.sequence());
        break;
      case Kind::dict:
        write_dict(value.dict());
        break;
      default:
        out += to_text(sandbox_, value);
    }
  }

  std::string out;

 private:
  void write_sequence(const Sequence& sequence) {
    out += sequence.tuple ? '(' : '[';
    for (std::size_t i = 0; i < sequence.items.size(); ++i) {
      if (i > 0) out += ", ";
      write(sequence.items[i]);
    }
    if (sequence.tuple && sequence.items.size() == 1) out += ',';
    out += sequence.tuple ? ')' : ']';
  }

  void write_dict(const Dict& dict) {
    out += '{';
    for (std::size_t i = 0; i < dict.items.size(); ++i) {
      if (i > 0) out += ", ";
      write(dict.items[i].first);
      out += ": ";
      write(dict.items[i].second);
    }
    out += '}';
  }

  Sandbox& sandbox_;
};

}  // namespace

std::string to_repr(Sandbox& sandbox, const Value& value) {
  ReprWriter writer(sandbox);
  writer.write(value);
  return std::move(writer.out);
}

std::string to_text(Sandbox& sandbox, const Value& value) {
  switch (value.kind()) {
    case Kind::missing:
    case Kind::undefined:
      return "";
    case Kind::none:
      return "None";
    case Kind::boolean:
      return value.as_boolean() ? "True" : "False";
    case Kind::integer:
      return integer_to_text(value.as_integer());
    case Kind::real:
      return real_to_text(value.as_real());
    case Kind::text:
      sandbox.work_on(value.text().bytes.size());
      return value.text().bytes;
    case Kind::object:
      return value.object()->repr(sandbox);
    default:
      return to_repr(sandbox, value);
  }
}

}  // namespace nybble::text::jinja
