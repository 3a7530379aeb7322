#include "control/cli/secret_input.h"

#include <cstdio>

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

namespace opptak::control::cli {
namespace {

constexpr std::size_t kSecretBytesMax = 4'096;

// Switches the terminal's echo off while it lives.
class NoEcho {
 public:
  NoEcho() {
    active_ = tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!active_) return;
    termios without = before_;
    without.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &without);
  }
  ~NoEcho() {
    if (active_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool active_ = false;
};

bool read_line(std::string& line) {
  line.reserve(kSecretBytesMax);  // No copies left behind by growing.
  char c = 0;
  while (line.size() < kSecretBytesMax) {
    const ssize_t got = read(STDIN_FILENO, &c, 1);
    if (got < 0) return false;
    if (got == 0 || c == '\n') return true;
    line += c;
  }
  return false;
}

}  // namespace

CliResult<std::string> read_secret(const std::string& prompt) {
  std::string line;
  bool read = false;
  if (isatty(STDIN_FILENO) != 0) {
    fmt::print(stderr, "{}: ", prompt);
    std::fflush(stderr);
    const NoEcho hidden;
    read = read_line(line);
    fmt::print(stderr, "\n");
  } else {
    read = read_line(line);
  }
  if (!read || line.empty()) {
    return fail("There is no password on standard input: type it, or pipe in one line.");
  }
  return line;
}

}  // namespace opptak::control::cli
