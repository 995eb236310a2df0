#include "text/tokenizer_rules.h"

#include <cmath>
#include <unordered_map>

#include "base/error.h"
#include "base/utf8.h"

namespace nybble::text {
namespace {

constexpr std::size_t kMaxSpelling = 1 << 16;  // bytes
constexpr std::size_t kMaxAdded = 1 << 12;     // bytes: each is compared with every place of a text

class RulesCheck {
 public:
  RulesCheck(const Tokenizer::Rules& rules, const std::string& where)
      : rules_(rules), where_(where) {}

  void run() const {
    if (rules_.tokens.empty())
      fail(ErrorKind::corrupt_file, "{}: expected tokens, found none", where_);
    check_tokens();
    for (const AddedToken& added : rules_.added) {
      check_id(added.id, "an added token");
      const std::string& spelling = rules_.tokens[static_cast<std::size_t>(added.id)].spelling;
      if (spelling.size() > kMaxAdded) {
        fail(ErrorKind::corrupt_file, "{}: added token {} has {} bytes; expected at most {}",
             where_, added.id, spelling.size(), kMaxAdded);
      }
    }
    for (const TokenId id : rules_.prefix) check_id(id, "a token put before texts");
    for (const TokenId id : rules_.suffix) check_id(id, "a token put behind texts");
    for (const TokenId id : rules_.ends) check_id(id, "a token that ends answers");
    check_special_ids();
    if (const auto* model = std::get_if<MergesModel>(&rules_.model)) {
      for (const Merge& merge : model->merges) {
        check_id(merge.left, "a merge");
        check_id(merge.right, "a merge");
        check_id(merge.result, "a merge");
      }
    }
  }

 private:
  void check_tokens() const {
    std::unordered_map<std::string_view, std::size_t> seen;
    seen.reserve(rules_.tokens.size());
    for (std::size_t id = 0; id < rules_.tokens.size(); ++id) {
      const TokenEntry& token = rules_.tokens[id];
      if (token.spelling.size() > kMaxSpelling) {
        fail(ErrorKind::corrupt_file, "{}: token {} has {} bytes; expected at most {}", where_, id,
             token.spelling.size(), kMaxSpelling);
      }
      if (!is_utf8(token.spelling))
        fail(ErrorKind::corrupt_file, "{}: token {} is not UTF-8", where_, id);
      if (!std::isfinite(token.score)) {
        fail(ErrorKind::corrupt_file, "{}: token {} has the score {}; expected a finite number",
             where_, id, token.score);
      }
      const auto [it, is_new] = seen.emplace(token.spelling, id);
      if (!is_new) {
        fail(ErrorKind::corrupt_file, "{}: tokens {} and {} are both spelled '{}'", where_,
             it->second, id, printable(token.spelling));
      }
    }
  }

  void check_id(TokenId id, std::string_view what) const {
    if (id < 0 || static_cast<std::size_t>(id) >= rules_.tokens.size()) {
      fail(ErrorKind::corrupt_file, "{}: {} has the id {}; expected an id below {}", where_, what,
           id, rules_.tokens.size());
    }
  }

  void check_special_ids() const {
    for (const auto& id : {rules_.bos, rules_.eos, rules_.unknown, rules_.padding, rules_.separator,
                           rules_.mask, rules_.eot, rules_.eom}) {
      if (id) check_id(*id, "a special token");
    }
  }

  const Tokenizer::Rules& rules_;
  const std::string& where_;
};

}  // namespace

void check_rules(const Tokenizer::Rules& rules, const std::string& where) {
  RulesCheck(rules, where).run();
}

}  // namespace nybble::text
