// Where the other programs of Opptak are: beside this one.
#pragma once

#include <filesystem>

namespace opptak::control::cli {

[[nodiscard]] std::filesystem::path programs_directory();

}  // namespace opptak::control::cli
