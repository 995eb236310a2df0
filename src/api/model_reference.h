// What a model reference means: a local path, a repository of the hub, or an address.
#pragma once

#include <string>
#include <string_view>

namespace nybble::api {

struct HubReference {
  std::string repo;  // "user/name"
  std::string revision = "main";
  std::string quant;  // "Q4_K_M", "safetensors"; empty: choose
  std::string file;   // one file of the repository; empty: choose
};

struct ModelReference {
  enum class Kind { path, hub, url };
  Kind kind = Kind::path;
  std::string path;  // of Kind::path
  HubReference hub;  // of Kind::hub
  std::string url;   // of Kind::url
};

// `endpoint` is the hub's address ("https://huggingface.co"): pages of it are read as references to
// its repositories. Something that exists here is a path. Throws Error(invalid_input) for what is
// neither.
ModelReference parse_reference(std::string_view text, std::string_view endpoint);

}  // namespace nybble::api
