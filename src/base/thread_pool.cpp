#include "base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/error.h"

namespace nybble {
namespace {

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
  // More cores than the fixed set can name.
  const unsigned n = std::thread::hardware_concurrency();
  return n == 0 ? 1 : static_cast<int>(n);
}

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Pauses of a thread that waits, until the kernel puts it to sleep: some 10 us for each thread,
// which bridges the gaps between the loops of a forward pass or a step of training. Waking takes 20
// to 40 us, one thread after the other, so that 16 that sleep cost a short loop hundreds.
constexpr int spins_a_thread = 250;
// Where threads have to share cores, one that spins is in the way of those that work.
constexpr int spins_on_shared_cores = 500;

// Waits until `value` differs from `old`.
void wait_while_equal(const std::atomic<std::uint32_t>& value, std::uint32_t old, int most_spins) {
  for (int spin = 0; spin < most_spins; ++spin) {
    if (value.load(std::memory_order_acquire) != old) return;
    pause();
  }
  value.wait(old, std::memory_order_acquire);
}

// The items that a thread has yet to do. Its owner takes them from the front, a thread that has
// none left the half at the back.
class alignas(64) Share {
 public:
  static constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();

  void set(std::int64_t first, std::int64_t end) {
    left_.store(both(first, end), std::memory_order_relaxed);
  }
  // Moves the first one out; false when none is left.
  bool take(std::int64_t& item) {
    std::uint64_t left = left_.load(std::memory_order_relaxed);
    do {
      item = first_of(left);
      if (item == end_of(left)) return false;
    } while (!left_.compare_exchange_weak(left, both(item + 1, end_of(left)),
                                          std::memory_order_relaxed));
    return true;
  }
  bool take_half_of(Share& other) {
    std::uint64_t left = other.left_.load(std::memory_order_relaxed);
    std::int64_t first, middle, end;
    do {
      first = first_of(left), end = end_of(left), middle = first + (end - first) / 2;
      if (first == end) return false;
    } while (
        !other.left_.compare_exchange_weak(left, both(first, middle), std::memory_order_relaxed));
    set(middle, end);
    return true;
  }

 private:
  static std::uint64_t both(std::int64_t first, std::int64_t end) {
    return static_cast<std::uint64_t>(first) | static_cast<std::uint64_t>(end) << 32;
  }
  static std::int64_t first_of(std::uint64_t left) { return left & 0xffffffffu; }
  static std::int64_t end_of(std::uint64_t left) { return static_cast<std::int64_t>(left >> 32); }

  std::atomic<std::uint64_t> left_{0};
};

}  // namespace

struct ThreadPool::State {
  std::vector<std::thread> threads;
  alignas(64) std::atomic<std::uint32_t> round{0};  // grows by one for each loop
  std::atomic<bool> stop{false};

  // The loop of this round. Each thread has the same share of it as in the last loop of as many
  // items, whose memory its caches may still hold.
  const std::function<void(std::int64_t, int)>* item = nullptr;
  std::vector<Share> shares;
  alignas(64) std::atomic<std::uint32_t> busy{0};

  std::mutex mutex;
  std::exception_ptr error;
  alignas(64) std::atomic<std::int64_t> error_item{Share::most};

  const int most_spins;

  explicit State(int n_threads)
      : shares(static_cast<std::size_t>(n_threads)),
        most_spins(n_threads <= usable_cores() ? spins_a_thread * n_threads
                                               : spins_on_shared_cores) {}

  // Only items above a failing one are left out: the error kept, that of the lowest item, is the
  // same in every run.
  void run_item(std::int64_t i, int thread) {
    if (i > error_item.load(std::memory_order_relaxed)) return;
    try {
      (*item)(i, thread);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (i > error_item.load(std::memory_order_relaxed)) return;
      error = std::current_exception();
      error_item.store(i, std::memory_order_relaxed);
    }
  }

  bool take_from_others(std::size_t thread) {
    for (std::size_t other = (thread + 1) % shares.size(); other != thread;
         other = (other + 1) % shares.size()) {
      if (shares[thread].take_half_of(shares[other])) return true;
    }
    return false;
  }

  void take_items(int thread) {
    const auto own = static_cast<std::size_t>(thread);
    std::int64_t i = 0;
    do {
      while (shares[own].take(i)) run_item(i, thread);
    } while (take_from_others(own));
  }

  void work(int thread) {
    std::uint32_t seen = 0;
    for (;;) {
      wait_while_equal(round, seen, most_spins);
      ++seen;
      if (stop.load(std::memory_order_relaxed)) return;
      take_items(thread);
      if (busy.fetch_sub(1, std::memory_order_acq_rel) == 1) busy.notify_one();
    }
  }

  void start_round() {
    round.fetch_add(1, std::memory_order_release);
    round.notify_all();
  }

  void stop_all() {
    stop.store(true, std::memory_order_relaxed);
    start_round();
    for (std::thread& thread : threads) thread.join();
  }
};

ThreadPool::ThreadPool(int n_threads) {
  if (n_threads < 0 || n_threads > 4096) {
    fail(ErrorKind::invalid_input,
         "the number of threads is {}, expected 1 to 4096, or 0 for one per core", n_threads);
  }
  if (n_threads == 0) n_threads = usable_cores();
  state_ = std::make_unique<State>(n_threads);
  try {
    for (int thread = 1; thread < n_threads; ++thread) {
      state_->threads.emplace_back([state = state_.get(), thread] { state->work(thread); });
    }
  } catch (const std::system_error& error) {
    state_->stop_all();
    fail(ErrorKind::out_of_memory, "cannot start {} threads: {}; ask for fewer", n_threads,
         error.code().message());
  }
}

ThreadPool::~ThreadPool() {
  state_->stop_all();
}

int ThreadPool::size() const {
  return static_cast<int>(state_->threads.size()) + 1;
}

void ThreadPool::run(std::int64_t n, const std::function<void(std::int64_t i, int thread)>& item) {
  State& state = *state_;
  if (n > Share::most)
    fail(ErrorKind::invalid_input, "a loop of {} items, at most {}", n, Share::most);
  if (n <= 0) return;
  if (n == 1 || state.threads.empty()) {
    for (std::int64_t i = 0; i < n; ++i) item(i, 0);
    return;
  }
  state.item = &item;
  const auto n_threads = static_cast<std::int64_t>(state.shares.size());
  for (std::int64_t t = 0; t < n_threads; ++t)
    state.shares[static_cast<std::size_t>(t)].set(n * t / n_threads, n * (t + 1) / n_threads);
  state.error_item.store(Share::most, std::memory_order_relaxed);
  state.busy.store(static_cast<std::uint32_t>(state.threads.size()), std::memory_order_relaxed);
  state.start_round();
  state.take_items(0);
  for (std::uint32_t left = 0; (left = state.busy.load(std::memory_order_acquire)) != 0;) {
    wait_while_equal(state.busy, left, state.most_spins);
  }
  if (state.error) std::rethrow_exception(std::exchange(state.error, nullptr));
}

}  // namespace nybble
