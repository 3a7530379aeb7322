// Work that other threads have for the core's thread. Any thread posts, the core's takes.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace opptak::control {

class Requests {
 public:
  using Work = std::function<void()>;

  // False once closed: the work will never be done.
  [[nodiscard]] bool post(Work work) {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    waiting_.push_back(std::move(work));
    return true;
  }

  [[nodiscard]] std::vector<Work> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
  }

  // What waits is dropped, what comes later refused.
  void close() {
    std::vector<Work> dropped;  // Destroyed after the lock is gone: that wakes other threads.
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(waiting_);
  }

 private:
  std::mutex mutex_;
  std::vector<Work> waiting_;
  bool closed_ = false;
};

}  // namespace opptak::control
