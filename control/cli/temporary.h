// A directory that goes with everything in it when its owner goes. Mode 0700.
#pragma once

#include <filesystem>

#include "control/cli/failure.h"

namespace opptak::control::cli {

class TemporaryDirectory {
 public:
  // Below $TMPDIR or /tmp, named after `purpose`.
  [[nodiscard]] static CliResult<TemporaryDirectory> make(const std::string& purpose);
  ~TemporaryDirectory();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  explicit TemporaryDirectory(std::filesystem::path path) noexcept : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace opptak::control::cli
