#include "control/http/body.h"

#include <algorithm>

#include <fmt/core.h>

namespace opptak::control::http {

namespace {

// "application/json", with or without parameters.
bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  std::string lower(type.substr(0, type.find_last_not_of(" \t") + 1));
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  });
  return lower == "application/json";
}

bool has_control_bytes(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

}  // namespace

Body::Body(const Request& request) {
  if (!is_json(request.header("content-type"))) {
    fail(415, "The body has to be JSON: send Content-Type: application/json.");
    return;
  }
  json_ = nlohmann::json::parse(request.body, nullptr, false);
  if (!json_.is_object()) {
    fail(400, json_.is_discarded() ? "The body is not valid JSON."
                                   : "The body has to be a JSON object.");
  }
}

std::string Body::text(std::string_view name, std::size_t bytes_min, std::size_t bytes_max) {
  if (find(name, true) == nullptr) return {};
  return optional_text(name, bytes_min, bytes_max).value_or(std::string{});
}

std::optional<std::string> Body::optional_text(std::string_view name, std::size_t bytes_min,
                                               std::size_t bytes_max) {
  const nlohmann::json* value = find(name, false);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    refuse(name, "has to be a string");
    return std::nullopt;
  }
  auto text = value->get<std::string>();
  if (text.size() < bytes_min || text.size() > bytes_max) {
    refuse(name, fmt::format("has to be {} to {} bytes long", bytes_min, bytes_max));
    return std::nullopt;
  }
  if (has_control_bytes(text)) {
    refuse(name, "must not hold control characters");
    return std::nullopt;
  }
  return text;
}

std::uint32_t Body::integer(std::string_view name, std::uint32_t min, std::uint32_t max) {
  if (find(name, true) == nullptr) return min;
  return optional_integer(name, min, max).value_or(min);
}

std::optional<std::uint32_t> Body::optional_integer(std::string_view name, std::uint32_t min,
                                                    std::uint32_t max) {
  const nlohmann::json* value = find(name, false);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_unsigned()) {
    const auto number = value->get<std::uint64_t>();
    if (number >= min && number <= max) return static_cast<std::uint32_t>(number);
  }
  refuse(name, fmt::format("has to be a whole number from {} to {}", min, max));
  return std::nullopt;
}

std::vector<std::string> Body::optional_texts(std::string_view name, std::size_t items_max,
                                              std::size_t bytes_max) {
  std::vector<std::string> texts;
  const nlohmann::json* value = find(name, false);
  if (value == nullptr) return texts;
  if (!value->is_array() || value->size() > items_max) {
    refuse(name, fmt::format("has to be a list of up to {} strings", items_max));
    return texts;
  }
  for (const auto& item : *value) {
    const bool fits = item.is_string() && !item.get_ref<const std::string&>().empty() &&
                      item.get_ref<const std::string&>().size() <= bytes_max;
    if (!fits) {
      refuse(name, fmt::format("has to hold strings of 1 to {} bytes", bytes_max));
      return {};
    }
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

void Body::refuse(std::string_view name, std::string_view rule) {
  fail(400, fmt::format("`{}` {}.", name, rule));
}

std::optional<Response> Body::fault() {
  if (fault_) return fault_;
  for (const auto& [key, value] : json_.items()) {
    if (std::ranges::find(known_, key) != known_.end()) continue;
    // A key is the client's text and could be anything: name those we know instead.
    std::string names;
    for (const auto& name : known_) {
      if (names.find("`" + name + "`") != std::string::npos) continue;
      names += (names.empty() ? "`" : ", `") + name + "`";
    }
    fail(400, fmt::format("The body holds a field that is not known here; known are {}.", names));
    return fault_;
  }
  return std::nullopt;
}

const nlohmann::json* Body::find(std::string_view name, bool required) {
  known_.emplace_back(name);
  if (fault_) return nullptr;
  const auto found = json_.find(name);
  if (found == json_.end()) {
    if (required) refuse(name, "is missing");
    return nullptr;
  }
  return &*found;
}

void Body::fail(int status, std::string detail) {
  if (!fault_) fault_ = problem(status, detail);
}

}  // namespace opptak::control::http
