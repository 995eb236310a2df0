// A model directory in the layout of Hugging Face: which files hold the weights, and the texts
// beside them.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace nybble::files {

struct HfDirectory {
  std::vector<std::filesystem::path> weights;  // existing files, in the order of their names
  std::map<std::string, std::string>
      weight_map;  // of the index: tensor -> file name; empty without an index
  std::map<std::string, std::string, std::less<>> texts;
};

// `path` is the directory, its index or one of its weight files. Names in the index stay inside the
// directory, and so do symbolic links that the user did not name, except those of the cache of
// Hugging Face (snapshots/<revision>/x -> ../../blobs/<hash>). Throws Error naming what is missing.
HfDirectory read_hf_directory(const std::filesystem::path& path);

// The files of a directory that SafetensorsWriter may have written: weights and index, or the texts
// beside them.
std::vector<std::filesystem::path> find_weight_files(const std::filesystem::path& directory);
std::vector<std::filesystem::path> find_text_files(const std::filesystem::path& directory);

}  // namespace nybble::files
