// From a model reference to files on this machine, through the cache of Hugging Face.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "nybble/progress.h"

namespace nybble {

struct PullRequest {
  // "user/repo", "user/repo:Q4_K_M", "user/repo@revision", "hf.co/...", "hf://...", "https://...",
  // or a local path
  std::string reference;
  bool offline = false;  // cache only; HF_HUB_OFFLINE=1 does the same
  bool dry_run = false;  // resolve and list, download nothing
};

struct PulledModel {
  std::filesystem::path path;  // what other verbs take: the GGUF, or the directory of the snapshot
  std::vector<std::string> files;  // downloaded or found
  std::string chosen;              // "Q4_K_M: model-Q4_K_M.gguf (the default; 3 others)"
  std::uint64_t downloaded_bytes = 0;
};

// A local path passes through. Downloads resume; hashes are checked; tokens go to the named host
// only. Throws Error.
PulledModel pull(const PullRequest& request, const ProgressCallback& progress = {});

}  // namespace nybble
