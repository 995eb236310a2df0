#include "cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace nybble::cli {
namespace {

// A signal handler can reach nothing but globals.
std::atomic<ChatSession*> answering{nullptr};
std::atomic<bool> at_prompt{false};
std::atomic<int> interrupts{0};

constexpr int interrupted_exit_code = 130;  // 128 + SIGINT, as shells report it

void on_interrupt(int) {
  if (at_prompt || ++interrupts > 1) {
    [[maybe_unused]] const auto written = write(STDERR_FILENO, "\n", 1);
    _exit(interrupted_exit_code);
  }
  if (ChatSession* session = answering) session->cancel();
}

}  // namespace

void watch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
}

bool is_interrupted() {
  return interrupts > 0 && answering == nullptr;
}

AnswerGuard::AnswerGuard(ChatSession& session) {
  interrupts = 0;
  answering = &session;
}

AnswerGuard::~AnswerGuard() {
  answering = nullptr;
  interrupts = 0;
}

PromptGuard::PromptGuard() {
  at_prompt = true;
}

PromptGuard::~PromptGuard() {
  at_prompt = false;
}

}  // namespace nybble::cli
