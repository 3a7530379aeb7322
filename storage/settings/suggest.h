// What to say about a name that is not known. Private to storage/settings; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace opptak::storage {

// "; did you mean \"x\"?" where one of `known` is near enough, else "".
[[nodiscard]] std::string did_you_mean(std::string_view name,
                                       const std::vector<std::string>& known);

// `prefix` is the table in which `name` stands, "" for the top of the file.
[[nodiscard]] std::string unknown_key_message(std::string_view prefix, std::string_view name,
                                              const std::vector<std::string>& known);

}  // namespace opptak::storage
