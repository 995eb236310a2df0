// What types typically lose, as it was published for one model.
#pragma once

#include <optional>
#include <string_view>

namespace nybble::api {

// Mean KL divergence from F16, nats a token, of Llama 3 8B on WikiText-2 in this recipe; larger
// models lose less, smaller ones more. Source: the score board in tools/perplexity/README.md of
// llama.cpp (2024); with an importance matrix where the board has such a line, since without one
// these types are not to be used or lose more.
std::optional<double> typical_divergence(std::string_view recipe);

}  // namespace nybble::api
