#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "nybble/error.h"

namespace nybble {

TEST(thread_pool, calls_every_item_once_in_every_round) {
  ThreadPool pool(4);
  ASSERT_EQ(pool.size(), 4);

  std::vector<std::atomic<int>> calls(1000);
  for (int round = 0; round < 50; ++round) {
    pool.run(1000, [&](std::int64_t i, int thread) {
      EXPECT_TRUE(thread >= 0 && thread < 4);
      ++calls[static_cast<std::size_t>(i)];
    });
  }

  for (const auto& n : calls) EXPECT_EQ(n.load(), 50);
}

TEST(thread_pool, runs_nothing_for_no_items) {
  ThreadPool pool(2);
  pool.run(0, [](std::int64_t, int) { FAIL(); });
  pool.run(-1, [](std::int64_t, int) { FAIL(); });
}

TEST(thread_pool, throws_the_error_of_the_lowest_failing_item) {
  ThreadPool pool(4);
  for (int round = 0; round < 100; ++round) {
    try {
      pool.run(200, [](std::int64_t i, int) {
        if (i % 50 == 37) throw std::runtime_error(std::to_string(i));
      });
      FAIL() << "expected an exception";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "37");
    }
  }
}

TEST(thread_pool, takes_what_a_busy_thread_has_left) {
  ThreadPool pool(3);
  std::atomic<int> done = 0;
  pool.run(100, [&](std::int64_t i, int) {
    while (i == 0 && done < 99) std::this_thread::yield();
    ++done;
  });
  EXPECT_EQ(done.load(), 100);
}

TEST(thread_pool, works_on_after_an_error) {
  ThreadPool pool(3);
  EXPECT_THROW(pool.run(10, [](std::int64_t, int) { throw 1; }), int);

  std::atomic<int> calls = 0;
  pool.run(10, [&](std::int64_t, int) { ++calls; });
  EXPECT_EQ(calls.load(), 10);
}

TEST(thread_pool, one_thread_runs_items_in_order_on_the_caller) {
  ThreadPool pool(1);
  std::vector<std::int64_t> order;
  pool.run(5, [&](std::int64_t i, int) { order.push_back(i); });
  EXPECT_EQ(order, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
}

TEST(thread_pool, takes_the_usable_cores_by_default_and_refuses_absurd_numbers) {
  EXPECT_GE(ThreadPool().size(), 1);
  EXPECT_THROW(ThreadPool(-1), Error);
  EXPECT_THROW(ThreadPool(1 << 20), Error);
}

}  // namespace nybble
