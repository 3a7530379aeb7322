// A password from standard input: asked for without showing it where that is a terminal, else the
// first line. The caller wipes it. One thread.
#pragma once

#include <string>

#include "control/cli/failure.h"

namespace opptak::control::cli {

[[nodiscard]] CliResult<std::string> read_secret(const std::string& prompt);

}  // namespace opptak::control::cli
