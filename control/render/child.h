// One run of opptak-render: its process and the three descriptors to it. Killed and reaped when
// this goes. One thread.
#pragma once

#include <chrono>
#include <expected>
#include <filesystem>

#include <sys/types.h>

#include "control/render/client.h"

namespace opptak::control::render {

// Owns a descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;

  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] bool open() const noexcept { return number_ >= 0; }
  void close() noexcept;
  int release() noexcept;

 private:
  int number_ = -1;
};

class Child {
 public:
  // Starts `program` without arguments, environment and any descriptor but its standard three.
  [[nodiscard]] static std::expected<Child, RenderError> start(
      const std::filesystem::path& program);
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;

  Descriptor input;   // A socket, so that writing to a dead child raises no SIGPIPE. Non-blocking.
  Descriptor output;  // Non-blocking.
  Descriptor warnings;  // Non-blocking.

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  // Waits for its end: the status of waitpid(), or kTimeout; then it is killed by the destructor.
  [[nodiscard]] std::expected<int, RenderError> wait(
      std::chrono::steady_clock::time_point deadline);

 private:
  explicit Child(pid_t pid) noexcept : pid_(pid) {}
  pid_t pid_ = -1;
};

}  // namespace opptak::control::render
