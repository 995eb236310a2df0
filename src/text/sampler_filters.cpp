// The filters of the sampler. Sums run in a fixed order, so that every machine keeps the same
// candidates.
#include <algorithm>
#include <cmath>

#include "text/exact_math.h"
#include "text/sampler.h"

namespace nybble::text {
namespace {

bool is_before(const Candidate& a, const Candidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

float largest_logit(std::span<const Candidate> candidates) {
  return std::max_element(candidates.begin(), candidates.end(),
                          [](const Candidate& a, const Candidate& b) { return a.logit < b.logit; })
      ->logit;
}

// Keeps the first candidates by the order, as few as enough(candidate, place) asks for. Sorts no
// more than it needs.
template <class T, class Before, class Enough>
void keep_first(std::vector<T>& items, const Before& before, const Enough& enough) {
  std::size_t sorted = 0;
  for (std::size_t step = 256; sorted < items.size(); step *= 4) {
    const std::size_t end = std::min(sorted + step, items.size());
    const auto at = [&](std::size_t i) { return items.begin() + static_cast<std::ptrdiff_t>(i); };
    std::partial_sort(at(sorted), at(end), items.end(), before);
    for (; sorted < end; ++sorted) {
      if (!enough(items[sorted])) continue;
      items.resize(sorted + 1);
      return;
    }
  }
}

}  // namespace

std::vector<double> probabilities(std::span<const Candidate> candidates) {
  const double largest = largest_logit(candidates);
  std::vector<double> result;
  result.reserve(candidates.size());
  double sum = 0;
  for (const Candidate& candidate : candidates) {
    result.push_back(same_exp(candidate.logit - largest));
    sum += result.back();
  }
  for (double& probability : result) probability /= sum;
  return result;
}

void keep_top_k(std::vector<Candidate>& candidates, std::size_t k) {
  k = std::clamp(k, std::size_t{1}, candidates.size());
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(k),
                    candidates.end(), is_before);
  candidates.resize(k);
}

void keep_top_p(std::vector<Candidate>& candidates, double p) {
  const double largest = largest_logit(candidates);
  double total = 0;
  for (const Candidate& candidate : candidates) total += same_exp(candidate.logit - largest);
  double sum = 0;
  keep_first(candidates, is_before, [&](const Candidate& candidate) {
    sum += same_exp(candidate.logit - largest) / total;
    return sum >= p;
  });
}

void keep_min_p(std::vector<Candidate>& candidates, double p) {
  // p(x) >= p max(p) is logit(x) - max(logit) >= log p.
  const double least = largest_logit(candidates) + (p > 0 ? same_log(p) : -HUGE_VAL);
  std::erase_if(candidates,
                [least](const Candidate& candidate) { return candidate.logit < least; });
}

void keep_typical(std::vector<Candidate>& candidates, double p) {
  const double largest = largest_logit(candidates);
  double total = 0;
  for (const Candidate& candidate : candidates) total += same_exp(candidate.logit - largest);
  const double log_total = same_log(total);
  const auto surprise = [&](const Candidate& c) { return log_total - (c.logit - largest); };
  double entropy = 0;
  for (const Candidate& candidate : candidates) {
    const double probability = same_exp(-surprise(candidate));
    if (probability > 0) entropy += probability * surprise(candidate);
  }
  struct Distant {
    double distance;
    Candidate candidate;
  };
  std::vector<Distant> distant;
  distant.reserve(candidates.size());
  for (const Candidate& c : candidates) distant.push_back({std::abs(surprise(c) - entropy), c});
  double sum = 0;
  keep_first(
      distant,
      [](const Distant& a, const Distant& b) {
        return a.distance != b.distance ? a.distance < b.distance
                                        : is_before(a.candidate, b.candidate);
      },
      [&](const Distant& d) {
        sum += same_exp(-surprise(d.candidate));
        return sum > p;
      });
  candidates.clear();
  for (const Distant& d : distant) candidates.push_back(d.candidate);
  std::sort(candidates.begin(), candidates.end(), is_before);
}

}  // namespace nybble::text
