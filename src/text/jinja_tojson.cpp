// Values as JSON, byte for byte as Python's json.dumps writes them.
#include <algorithm>
#include <cmath>

#include "text/jinja_methods.h"
#include "text/jinja_operators.h"
#include "text/jinja_sort.h"
#include "text/python_text.h"

namespace nybble::text::jinja {
namespace {

class JsonWriter {
 public:
  JsonWriter(Sandbox& sandbox, bool ascii, const Value& indent, const Value& separators,
             bool sort_keys)
      : sandbox_(sandbox), ascii_(ascii), sort_keys_(sort_keys), pretty_(!indent.is_none()) {
    if (indent.is_text()) {
      indent_ = indent.text().bytes;
    } else if (pretty_) {
      const Int width = to_index(sandbox, indent, "the argument 'indent' of tojson()");
      if (width > 1000) sandbox.fail_limit("columns of indent", 1000);
      indent_.assign(static_cast<std::size_t>(std::max(width, Int{0})), ' ');
    }
    if (pretty_) item_separator_ = ",";
    if (!separators.is_none()) read_separators(separators);
  }

  void write(const Value& value, int level) {
    const DepthGuard guard(sandbox_);
    sandbox_.work();
    if (out.size() > sandbox_.limits().text) sandbox_.work_on(out.size());
    if (value.is_text()) {
      write_text(value.text().bytes);
    } else if (value.is_none()) {
      out += "null";
    } else if (value.is(Kind::boolean)) {
      out += value.as_boolean() ? "true" : "false";
    } else if (value.is_number()) {
      out += number(value);
    } else if (value.is(Kind::sequence)) {
      write_list(value.sequence().items, level + 1);
    } else if (value.is_dict()) {
      write_dict(value.dict(), level + 1);
    } else {
      sandbox_.fail("expected something that JSON can hold for tojson(), found {}",
                    type_name(value));
    }
  }

  std::string out;

 private:
  void read_separators(const Value& separators) {
    const std::vector<Value> pair = list_items(sandbox_, separators);
    if (pair.size() != 2 || !pair[0].is_text() || !pair[1].is_text()) {
      sandbox_.fail("expected two texts as the separators of tojson()");
    }
    item_separator_ = pair[0].text().bytes;
    key_separator_ = pair[1].text().bytes;
  }

  static std::string number(const Value& value) {
    if (value.is_integral()) return integer_to_text(value.as_integer());
    const double real = value.as_real();
    if (std::isnan(real)) return "NaN";
    if (std::isinf(real)) return real < 0 ? "-Infinity" : "Infinity";
    return real_to_text(real);
  }

  void new_line(int level) {
    if (!pretty_) return;
    out += '\n';
    for (int i = 0; i < level; ++i) out += indent_;
  }

  void write_list(const std::vector<Value>& items, int level) {
    out += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += item_separator_;
      new_line(level);
      write(items[i], level);
    }
    if (!items.empty()) new_line(level - 1);
    out += ']';
  }

  void write_dict(const Dict& dict, int level) {
    std::vector<const std::pair<Value, Value>*> items;
    for (const auto& item : dict.items) items.push_back(&item);
    if (sort_keys_) {
      sort_stably(items, [this](const auto* a, const auto* b) {
        return less(sandbox_, a->first, b->first);
      });
    }
    out += '{';
    bool first = true;
    for (const auto* item : items) {
      if (!std::exchange(first, false)) out += item_separator_;
      new_line(level);
      write_key(item->first);
      out += key_separator_;
      write(item->second, level);
    }
    if (!items.empty()) new_line(level - 1);
    out += '}';
  }

  void write_key(const Value& key) {
    if (key.is_text()) return write_text(key.text().bytes);
    if (!key.is_number() && !key.is_none()) {
      sandbox_.fail("expected texts or numbers as keys for tojson(), found {}", type_name(key));
    }
    out += '"';
    if (key.is_none()) {
      out += "null";
    } else if (key.is(Kind::boolean)) {
      out += key.as_boolean() ? "true" : "false";
    } else {
      out += number(key);
    }
    out += '"';
  }

  void write_text(std::string_view text) {
    static constexpr std::string_view special = "\"\\\n\r\t\f\b";
    static constexpr std::string_view letters = "\"\\nrtfb";
    sandbox_.work_on(text.size());
    out += '"';
    for (std::size_t place = 0; place < text.size();) {
      const std::size_t start = place;
      const char32_t c = python::next_code_point(text, place);
      const std::size_t known =
          c < 0x80 ? special.find(static_cast<char>(c)) : std::string_view::npos;
      if (known != std::string_view::npos) {
        out += '\\';
        out += letters[known];
      } else if (c < 0x20 || (ascii_ && c > 0x7e)) {
        write_escape(c);
      } else {
        out += text.substr(start, place - start);
      }
    }
    out += '"';
  }

  void write_escape(char32_t c) {
    const auto code = static_cast<std::uint32_t>(c);
    if (code == 0x7f) {
      out += '\x7f';
    } else if (code < 0x10000) {
      out += fmt::format("\\u{:04x}", code);
    } else {
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + ((code - 0x10000) >> 10),
                         0xdc00 + (code & 0x3ff));
    }
  }

  Sandbox& sandbox_;
  bool ascii_, sort_keys_, pretty_;
  std::string indent_;
  std::string item_separator_ = ", ";
  std::string key_separator_ = ": ";
};

}  // namespace

std::string to_json(Sandbox& sandbox, const Value& value, bool ascii, const Value& indent,
                    const Value& separators, bool sort_keys) {
  JsonWriter writer(sandbox, ascii, indent, separators, sort_keys);
  writer.write(value, 0);
  return std::move(writer.out);
}

}  // namespace nybble::text::jinja
