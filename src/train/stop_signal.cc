#include "train/stop_signal.h"

#include <array>
#include <atomic>

#include <signal.h>
#include <unistd.h>

namespace tpretrain {
namespace {

constexpr std::array<int, 3> kSignals = {SIGINT, SIGTERM, SIGUSR1};
std::atomic<int> stop_number{0};
std::array<struct sigaction, 3> before;

extern "C" void on_stop_signal(int number) {
  if (stop_number.exchange(number) != 0) {
    _exit(128 + number);
  }
}

}  // namespace

StopSignal::StopSignal() {
  stop_number = 0;

  struct sigaction action {};

  action.sa_handler = on_stop_signal;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &action, &before[i]);
  }
  signal(SIGPIPE, SIG_IGN);
}

StopSignal::~StopSignal() {
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &before[i], nullptr);
  }
}

int StopSignal::received() {
  return stop_number.load();
}

}  // namespace tpretrain
