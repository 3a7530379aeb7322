#include "control/cli/programs.h"

#include <system_error>

namespace opptak::control::cli {

std::filesystem::path programs_directory() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

}  // namespace opptak::control::cli
