// Columns of text for people, as wide as their widest cell. What came from the network is shown
// without control characters, so that it cannot steer the terminal. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace opptak::control::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> heads);
  // As many cells as heads.
  void row(std::vector<std::string> cells);
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// ASCII control characters and DEL, and C1 controls, become '?'.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace opptak::control::cli
