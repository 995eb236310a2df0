// --json: one JSON document on stdout instead of text for people. Its keys stay.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace nybble::cli {

using Json = nlohmann::ordered_json;

void add_json_flag(CLI::App& verb, bool& json);
// Bytes that are not UTF-8 (names in hostile files) are replaced.
void print_json(const Json& document);

}  // namespace nybble::cli
