// The parts of tokenizer.json as rules, and rules as parts of tokenizer.json.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "text/tokenizer_rules.h"

namespace nybble::text {

// json: null or an object with "type". Throws Error(corrupt_file), or Error(unsupported) naming an
// unknown type.
std::vector<NormalizerStep> normalizer_from_json(const Json& json, const std::string& where);
std::vector<PreTokenizerStep> pre_tokenizer_from_json(const Json& json, const std::string& where);
DecoderRules decoder_from_json(const Json& json, const std::string& where);

OrderedJson normalizer_to_json(const std::vector<NormalizerStep>& steps);
OrderedJson pre_tokenizer_to_json(const std::vector<PreTokenizerStep>& steps);
OrderedJson decoder_to_json(const DecoderRules& rules);

}  // namespace nybble::text
