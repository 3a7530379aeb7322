// Reads the JSON object in a request's body, strictly: what is not known is refused, so that a
// typing error never passes for a default. The first fault found becomes the answer.
// One request, one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "control/http/message.h"

namespace opptak::control::http {

class Body {
 public:
  explicit Body(const Request& request);

  // Length in bytes, between the two.
  [[nodiscard]] std::string text(std::string_view name, std::size_t bytes_min,
                                 std::size_t bytes_max);
  [[nodiscard]] std::optional<std::string> optional_text(std::string_view name,
                                                         std::size_t bytes_min,
                                                         std::size_t bytes_max);
  [[nodiscard]] std::uint32_t integer(std::string_view name, std::uint32_t min, std::uint32_t max);
  [[nodiscard]] std::optional<std::uint32_t> optional_integer(std::string_view name,
                                                              std::uint32_t min, std::uint32_t max);
  [[nodiscard]] std::vector<std::string> optional_texts(std::string_view name,
                                                        std::size_t items_max,
                                                        std::size_t bytes_max);
  // The value of a field breaks a rule that only the caller knows. Never repeats the value.
  void refuse(std::string_view name, std::string_view rule);

  // After every field was asked for: the fault, if any; also for fields nobody asked for.
  [[nodiscard]] std::optional<Response> fault();

 private:
  const nlohmann::json* find(std::string_view name, bool required);
  void fail(int status, std::string detail);

  nlohmann::json json_;
  std::vector<std::string> known_;
  std::optional<Response> fault_;
};

}  // namespace opptak::control::http
