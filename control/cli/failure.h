// How a command ends: an exit status, and for people one sentence that says what failed, on what,
// and what to do. Pure.
#pragma once

#include <expected>
#include <string>

namespace opptak::control::cli {

enum ExitStatus : int {
  kExitOk = 0,
  kExitFailed = 1,      // The world: a file, a process, the gateway's answer.
  kExitIncomplete = 2,  // Something was done, but not with all of the input.
  kExitUsage = 64,      // The command line is wrong (EX_USAGE).
};

struct CliFailure {
  std::string sentence;
  int status = kExitFailed;
};

template <class T>
using CliResult = std::expected<T, CliFailure>;

[[nodiscard]] inline std::unexpected<CliFailure> fail(std::string sentence,
                                                      int status = kExitFailed) {
  return std::unexpected(CliFailure{std::move(sentence), status});
}

}  // namespace opptak::control::cli
