// JSON from untrusted files: parse with limits, and look up with errors that name the file and the
// key.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace nybble {

using Json = nlohmann::json;
// Keeps the order of keys: for chat templates and for files that people read.
using OrderedJson = nlohmann::ordered_json;

// Throws Error(corrupt_file) "<where>: ..." on bad syntax, on duplicate keys and on nesting deeper
// than 256.
Json parse_json(std::string_view text, std::string_view where);
OrderedJson parse_ordered_json(std::string_view text, std::string_view where);

}  // namespace nybble
