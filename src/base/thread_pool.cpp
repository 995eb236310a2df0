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

// Waits until `value` differs from `old`: a short spin (some 20 us) bridges the gap between two
// loops of one forward pass, then the kernel puts the thread to sleep.
void wait_while_equal(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  for (int spin = 0; spin < 500; ++spin) {
    if (value.load(std::memory_order_acquire) != old) return;
    pause();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

struct ThreadPool::State {
  std::vector<std::thread> threads;
  std::atomic<std::uint32_t> round{0};  // grows by one for each loop
  std::atomic<bool> stop{false};

  // The loop of this round.
  std::int64_t n = 0;
  const std::function<void(std::int64_t, int)>* item = nullptr;
  std::atomic<std::int64_t> next{0};
  std::atomic<std::uint32_t> busy{0};

  std::mutex mutex;
  std::exception_ptr error;
  std::int64_t error_item = 0;

  struct Items {
    std::int64_t first, end;
  };
  // Neighbours, since the memory of items often follows one another: fewer the fewer are left, so
  // that all threads end together.
  Items take() {
    const auto n_threads = static_cast<std::int64_t>(threads.size()) + 1;
    std::int64_t first = next.load(std::memory_order_relaxed), end;
    do {
      if (first >= n) return {n, n};
      end = first + std::max<std::int64_t>(1, (n - first) / (2 * n_threads));
    } while (!next.compare_exchange_weak(first, end, std::memory_order_relaxed));
    return {first, end};
  }

  // Items are taken in order, so all below a failing one were taken: the error kept, that of the
  // lowest item, is the same in every run.
  void take_items(int thread) {
    for (Items items = take(); items.first < n; items = take()) {
      std::int64_t i = items.first;
      try {
        for (; i < items.end; ++i) (*item)(i, thread);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!error || i < error_item) {
          error = std::current_exception();
          error_item = i;
        }
        next.store(n, std::memory_order_relaxed);
      }
    }
  }

  void work(int thread) {
    std::uint32_t seen = 0;
    for (;;) {
      wait_while_equal(round, seen);
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

ThreadPool::ThreadPool(int n_threads) : state_(std::make_unique<State>()) {
  if (n_threads < 0 || n_threads > 4096) {
    fail(ErrorKind::invalid_input,
         "the number of threads is {}, expected 1 to 4096, or 0 for one per core", n_threads);
  }
  if (n_threads == 0) n_threads = usable_cores();
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
  if (n <= 0) return;
  if (n == 1 || state.threads.empty()) {
    for (std::int64_t i = 0; i < n; ++i) item(i, 0);
    return;
  }
  state.n = n;
  state.item = &item;
  state.next.store(0, std::memory_order_relaxed);
  state.busy.store(static_cast<std::uint32_t>(state.threads.size()), std::memory_order_relaxed);
  state.start_round();
  state.take_items(0);
  for (std::uint32_t left = 0; (left = state.busy.load(std::memory_order_acquire)) != 0;) {
    wait_while_equal(state.busy, left);
  }
  if (state.error) std::rethrow_exception(std::exchange(state.error, nullptr));
}

}  // namespace nybble
