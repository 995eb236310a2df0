// Which files of a repository make up the model that was asked for. No network, no disk.
#pragma once

#include <string>
#include <vector>

#include "api/model_reference.h"

namespace nybble::api {

struct PickedFiles {
  std::vector<std::string> files;  // as the repository names them
  std::string main;                // the file that other verbs take; empty: the directory
  std::string reason;              // "Q4_K_M: model-Q4_K_M.gguf (the default; 3 other GGUF files)"
};

// `names` are all files of the repository. Throws Error when nothing fits, listing what there is.
PickedFiles pick_files(const HubReference& reference, std::vector<std::string> names);

}  // namespace nybble::api
