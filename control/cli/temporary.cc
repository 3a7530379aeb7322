#include "control/cli/temporary.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace opptak::control::cli {

CliResult<TemporaryDirectory> TemporaryDirectory::make(const std::string& purpose) {
  std::error_code error;
  const auto base = std::filesystem::temp_directory_path(error);
  std::string name =
      ((error ? std::filesystem::path("/tmp") : base) / (purpose + "-XXXXXX")).string();
  if (mkdtemp(name.data()) == nullptr) {
    return fail(
        fmt::format("A temporary directory like {} cannot be made: {}; set TMPDIR to a place "
                    "that you may write to.",
                    name, strerror(errno)));
  }
  return TemporaryDirectory(name);
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryDirectory::~TemporaryDirectory() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace opptak::control::cli
