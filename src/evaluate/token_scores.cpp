#include "evaluate/token_scores.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace nybble::evaluate {
namespace {

// Tokens that run together. Small, since the logits of all contestants for them are held.
constexpr std::size_t piece_tokens = 64;

// The tokens that a window feeds to a model, and where those of the text begin.
struct Feed {
  std::vector<std::int32_t> tokens;
  std::size_t offset = 0;  // place in the feed of the window's first token
};

Feed feed_of(const ScoredText& text, const Window& window) {
  Feed feed;
  if (text.start && text.start_stands_before) {
    feed.tokens.push_back(*text.start);
    feed.offset = 1;
  }
  const auto tokens = text.tokens.subspan(window.begin, window.end - window.begin);
  feed.tokens.insert(feed.tokens.end(), tokens.begin(), tokens.end());
  if (text.start) feed.tokens[0] = *text.start;
  return feed;
}

// Rows of logits of one piece, for those places of the feed that predict a scored token.
struct Piece {
  std::size_t first = 0, n = 0;  // places in the feed
  std::size_t first_needed = 0;  // of them, the first whose logits are needed
  std::size_t n_rows() const { return first + n - first_needed; }
};

void run_piece(const Feed& feed, const Piece& piece, runtime::Session& session,
               std::vector<float>& logits) {
  const auto tokens = std::span(feed.tokens).subspan(piece.first, piece.n);
  if (piece.n_rows() == 0) {
    session.step(tokens);
    return;
  }
  logits.clear();
  session.step_all(tokens, [&](int i, std::span<const float> row) {
    if (piece.first + static_cast<std::size_t>(i) >= piece.first_needed)
      logits.insert(logits.end(), row.begin(), row.end());
  });
}

std::span<const float> row_of(const std::vector<float>& logits, std::size_t row,
                              std::size_t n_rows) {
  const std::size_t vocab = logits.size() / n_rows;
  return std::span(logits).subspan(row * vocab, vocab);
}

void check(const TokenScore& score, const std::string& name) {
  if (std::isfinite(score.loss) && std::isfinite(score.divergence)) return;
  fail(ErrorKind::invalid_input,
       "{}: the prediction of token {} is {}, expected a number; do the weights hold NaN or "
       "infinity?",
       name, score.token, std::isfinite(score.loss) ? score.divergence : score.loss);
}

}  // namespace

LogSoftmax::LogSoftmax(std::span<const float> row) : logits(row) {
  const auto highest = std::max_element(row.begin(), row.end());
  top = static_cast<std::int32_t>(highest - row.begin());
  const double shift = *highest;
  double sum = 0;
  for (const float logit : row) sum += std::exp(logit - shift);
  log_sum = shift + std::log(sum);
}

double divergence(const LogSoftmax& reference, const LogSoftmax& model) {
  double sum = 0;
  for (std::size_t i = 0; i < reference.logits.size(); ++i) {
    const double log_p = reference[i];
    sum += std::exp(log_p) * (log_p - model[i]);
  }
  return sum;
}

void score(const ScoredText& text, std::span<Contestant> contestants, ThreadPool& pool,
           const std::function<void(std::size_t)>& after_window) {
  std::vector<std::vector<float>> logits(contestants.size());
  for (std::size_t w = 0; w < text.windows.size(); ++w) {
    const Window& window = text.windows[w];
    const Feed feed = feed_of(text, window);
    // The last token predicts nothing that is scored.
    const std::size_t n_feed = feed.tokens.size() - 1;
    const std::size_t first_needed = window.first_scored - window.begin + feed.offset - 1;
    for (const Contestant& contestant : contestants) contestant.session->rewind(0);
    for (std::size_t first = 0; first < n_feed; first += piece_tokens) {
      const std::size_t n = std::min(piece_tokens, n_feed - first);
      const Piece piece{first, n, std::clamp(first_needed, first, first + n)};
      for (std::size_t c = 0; c < contestants.size(); ++c)
        run_piece(feed, piece, *contestants[c].session, logits[c]);
      const std::size_t n_rows = piece.n_rows(), n_before = contestants[0].scores.size();
      for (Contestant& contestant : contestants) contestant.scores.resize(n_before + n_rows);
      pool.run(static_cast<std::int64_t>(n_rows), [&](std::int64_t i, int) {
        const auto row = static_cast<std::size_t>(i);
        const std::size_t place = piece.first_needed + row;  // in the feed; predicts the next one
        const std::size_t token = window.begin + place + 1 - feed.offset;
        const LogSoftmax reference(row_of(logits[0], row, n_rows));
        for (std::size_t c = 0; c < contestants.size(); ++c) {
          const LogSoftmax model = c == 0 ? reference : LogSoftmax(row_of(logits[c], row, n_rows));
          const TokenScore score{.token = token,
                                 .position = static_cast<std::int32_t>(place + 1),
                                 .top = model.top,
                                 .loss = -model[static_cast<std::size_t>(text.tokens[token])],
                                 .divergence = c == 0 ? 0 : divergence(reference, model)};
          check(score, contestants[c].name);
          contestants[c].scores[n_before + row] = score;
        }
      });
    }
    after_window(w + 1);
  }
}

}  // namespace nybble::evaluate
