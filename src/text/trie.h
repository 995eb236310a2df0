// A set of byte strings with ids, walked byte by byte: which of them start here?
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text/id_map.h"
#include "text/tokenizer.h"

namespace nybble::text {

class Trie {
 public:
  // Keeps the first id of a string; an empty string is left out.
  void insert(std::string_view string, TokenId id) {
    if (string.empty()) return;
    std::uint64_t node = 0;
    for (const char c : string) {
      const std::uint64_t key = key_of(node, c);
      if (children_.insert(key, ids_.size())) ids_.push_back(-1);
      node = *children_.find(key);
    }
    if (ids_[node] < 0) ids_[node] = id;
    starts_[static_cast<unsigned char>(string[0])] = true;
  }

  // Calls found(length, id) for every string that text has at `at`, the shortest first.
  template <class Found>
  void match(std::string_view text, std::size_t at, Found&& found) const {
    if (!starts_[static_cast<unsigned char>(text[at])]) return;
    std::uint64_t node = 0;
    for (std::size_t i = at; i < text.size(); ++i) {
      const std::uint64_t* child = children_.find(key_of(node, text[i]));
      if (child == nullptr) return;
      node = *child;
      if (ids_[node] >= 0) found(i + 1 - at, ids_[node]);
    }
  }

  bool empty() const { return ids_.size() == 1; }

 private:
  static std::uint64_t key_of(std::uint64_t node, char c) {
    return node << 8 | static_cast<unsigned char>(c);
  }

  IdMap children_;                   // node and byte -> node
  std::vector<TokenId> ids_ = {-1};  // by node; -1: inner
  std::vector<bool> starts_ = std::vector<bool>(256);
};

}  // namespace nybble::text
