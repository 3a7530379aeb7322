// Which known word somebody may have meant: the nearest by edits, a swap of neighbours counting as
// one. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opptak::control::cli {

// Nothing where no word is near: at most a third of the letters differ.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 const std::vector<std::string>& known);

}  // namespace opptak::control::cli
