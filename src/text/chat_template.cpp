// Chat templates: from the variables of a conversation to the text of the prompt.
#include "text/chat_template.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "text/jinja_interpreter.h"
#include "text/jinja_parser.h"

namespace nybble::text {
namespace {

// The longest templates of models have some 20 kB.
constexpr std::size_t most_source_bytes = std::size_t{1} << 20;

using jinja::Value;

Value convert(jinja::Sandbox& sandbox, const OrderedJson& json) {
  const jinja::DepthGuard guard(sandbox);
  switch (json.type()) {
    case OrderedJson::value_t::boolean:
      return Value::boolean(json.get<bool>());
    case OrderedJson::value_t::number_integer:
      return Value::integer(json.get<std::int64_t>());
    case OrderedJson::value_t::number_unsigned:
      return Value::integer(json.get<std::uint64_t>());
    case OrderedJson::value_t::number_float:
      return Value::real(json.get<double>());
    case OrderedJson::value_t::string:
      return sandbox.text(json.get_ref<const std::string&>());
    case OrderedJson::value_t::array: {
      std::vector<Value> items;
      items.reserve(json.size());
      for (const OrderedJson& item : json) items.push_back(convert(sandbox, item));
      return sandbox.list(std::move(items));
    }
    case OrderedJson::value_t::object: {
      std::vector<std::pair<Value, Value>> items;
      items.reserve(json.size());
      for (const auto& [key, value] : json.items())
        items.emplace_back(sandbox.text(key), convert(sandbox, value));
      return sandbox.dict(std::move(items));
    }
    default:
      return Value::none();
  }
}

// transformers hands reasoning on under both names that templates read: the first of the three that
// is set.
void add_reasoning_names(OrderedJson& message) {
  for (const char* name : {"reasoning_content", "thinking", "reasoning"}) {
    if (!message.contains(name)) continue;
    const OrderedJson reasoning = message[name];
    if (!message.contains("thinking")) {
      OrderedJson first = OrderedJson::object();
      first["thinking"] = reasoning;
      first.update(message);
      message = std::move(first);
    }
    message["reasoning_content"] = reasoning;
    return;
  }
}

// As transformers' apply_chat_template: keys without a value are left out of messages.
OrderedJson prepare_messages(const OrderedJson& messages) {
  if (!messages.is_array() || messages.empty()) {
    fail(ErrorKind::invalid_input,
         "chat template: expected a list of at least one message, found none");
  }
  OrderedJson prepared = OrderedJson::array();
  for (const OrderedJson& message : messages) {
    if (!message.is_object()) {
      fail(ErrorKind::invalid_input,
           "chat template: expected messages with 'role' and 'content', found {}",
           message.type_name());
    }
    OrderedJson kept = OrderedJson::object();
    for (const auto& [key, value] : message.items()) {
      if (!value.is_null()) kept[key] = value;
    }
    add_reasoning_names(kept);
    prepared.push_back(std::move(kept));
  }
  return prepared;
}

}  // namespace

struct ChatTemplate::Program {
  jinja::Template parsed;
};

ChatTemplate::ChatTemplate(std::string source) : source_(std::move(source)) {
  if (source_.size() > most_source_bytes) {
    fail(ErrorKind::unsupported, "chat template: expected at most {} bytes, found {}",
         most_source_bytes, source_.size());
  }
  program_ = std::make_unique<const Program>(Program{jinja::parse_template(source_)});
}

ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate::~ChatTemplate() = default;

std::string ChatTemplate::render(const OrderedJson& context, std::int64_t now) const {
  jinja::Sandbox sandbox(now);
  // What transformers always passes.
  OrderedJson variables = {{"messages", nullptr},
                           {"tools", nullptr},
                           {"documents", nullptr},
                           {"add_generation_prompt", false}};
  if (context.is_object()) variables.update(context);
  variables["messages"] = prepare_messages(variables["messages"]);
  const Value values = convert(sandbox, variables);
  return jinja::run_template(program_->parsed, sandbox, values.dict());
}

namespace {

// The entry chat_template of a JSON text: a template, or a list of named ones of which "default"
// counts.
std::string template_in_json(std::string_view text, const std::string& where) {
  const Json json = parse_json(text, where);
  const auto found = json.is_object() ? json.find("chat_template") : json.end();
  if (!json.is_object() || found == json.end() || found->is_null()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (found->is_array()) {
    for (const Json& entry : *found) {
      if (entry.is_object() && entry.value("name", "") == "default" && entry.contains("template") &&
          entry["template"].is_string()) {
        return entry["template"].get<std::string>();
      }
    }
    return {};
  }
  fail(ErrorKind::corrupt_file,
       "{}: expected chat_template to be a text or a list of named ones, found {}", where,
       found->type_name());
}

}  // namespace

std::string find_chat_template(const files::Checkpoint& checkpoint) {
  if (checkpoint.container == "gguf")
    return checkpoint.metadata.get_string("tokenizer.chat_template", "");
  const auto plain = checkpoint.texts.find("chat_template.jinja");
  if (plain != checkpoint.texts.end()) return plain->second;
  for (const char* name : {"chat_template.json", "tokenizer_config.json"}) {
    const auto text = checkpoint.texts.find(name);
    if (text == checkpoint.texts.end()) continue;
    std::string found = template_in_json(text->second, (checkpoint.path / name).string());
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace nybble::text
