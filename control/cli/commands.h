// The commands of `opptak`, each in a file of its own. An add function puts the command into the
// application; when it is the one that was asked for, `chosen` is set to what it does. Nothing is
// done while the command line is being read.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

#include "control/cli/failure.h"

namespace opptak::control::cli {

// Returns the exit status where the command has said all there is to say.
using Action = std::function<CliResult<int>()>;

void add_up(CLI::App& application, Action& chosen);
void add_replay(CLI::App& application, Action& chosen);
void add_verify(CLI::App& application, Action& chosen);
void add_calls(CLI::App& application, Action& chosen);
void add_recordings(CLI::App& application, Action& chosen);
void add_erase(CLI::App& application, Action& chosen);
void add_export(CLI::App& application, Action& chosen);
void add_user(CLI::App& application, Action& chosen);
void add_token(CLI::App& application, Action& chosen);

}  // namespace opptak::control::cli
