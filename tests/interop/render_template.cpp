// Renders chat templates for tests/interop/templates.py: one JSON request a line on stdin, one JSON
// answer a line.
#include <iostream>
#include <string>

#include "base/json.h"
#include "nybble/error.h"
#include "text/chat_template.h"

int main() {
  using nybble::OrderedJson;
  std::string line;
  while (std::getline(std::cin, line)) {
    OrderedJson answer;
    try {
      const OrderedJson request = nybble::parse_ordered_json(line, "request");
      const nybble::text::ChatTemplate chat(request.at("template").get<std::string>());
      answer["text"] = chat.render(request.at("context"), request.value("now", std::int64_t{0}));
    } catch (const nybble::Error& error) {
      answer["error"] = error.what();
    }
    std::cout << answer.dump() << std::endl;
  }
}
