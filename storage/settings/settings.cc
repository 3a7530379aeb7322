#include "storage/settings/settings.h"

#include <algorithm>
#include <charconv>

namespace opptak::storage {
namespace {

constexpr IpAddress kLoopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
  return port;
}

}  // namespace

DataplaneSettings::DataplaneSettings() : metrics_listen{kLoopback, 9464} {}
ControlSettings::ControlSettings() : listen{kLoopback, 8080} {}

std::optional<Endpoint> parse_endpoint(std::string_view text) noexcept {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.contains('\0') || host.contains(':') != bracketed) return std::nullopt;
  const auto address = parse_address(host);
  const auto port = parse_port(text.substr(colon + 1));
  if (!address || !port) return std::nullopt;
  return Endpoint{*address, *port};
}

bool is_loopback(const IpAddress& address) noexcept {
  if (is_mapped_ipv4(address)) return address[12] == 127;
  IpAddress one{};
  one[15] = 1;
  return address == one;
}

bool is_slug(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string_view name_of(RecordingMode mode) noexcept {
  switch (mode) {
    case RecordingMode::kAutomatic:
      return "automatic";
    case RecordingMode::kManual:
      return "manual";
    case RecordingMode::kOff:
      break;
  }
  return "off";
}

std::optional<RecordingMode> parse_recording_mode(std::string_view text) noexcept {
  for (const RecordingMode mode :
       {RecordingMode::kAutomatic, RecordingMode::kManual, RecordingMode::kOff}) {
    if (name_of(mode) == text) return mode;
  }
  return std::nullopt;
}

}  // namespace opptak::storage
