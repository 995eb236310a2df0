// A fixed set of threads for loops whose items are independent.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace nybble {

// run() is called from one thread at a time. Results must not depend on which thread takes which
// item.
class ThreadPool {
 public:
  // n_threads includes the calling thread; 0 means one per core that the process may use.
  explicit ThreadPool(int n_threads = 0);
  ~ThreadPool();
  int size() const;
  // Calls item(i, thread) for every i in [0, n), thread in [0, size()). After an exception some of
  // the items behind it are left out; that of the lowest item is thrown again here.
  void run(std::int64_t n, const std::function<void(std::int64_t i, int thread)>& item);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nybble
