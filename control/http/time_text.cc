#include "control/http/time_text.h"

#include <chrono>

namespace opptak::control::http {

namespace {

// Takes `digits` digits off the front; -1 where they are not there.
int take_number(std::string_view& text, std::size_t digits) noexcept {
  if (text.size() < digits) return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char upper) noexcept {
  if (text.empty() || (text.front() != upper && text.front() != (upper | 0x20))) return false;
  text.remove_prefix(1);
  return true;
}

bool take_exact(std::string_view& text, char c) noexcept {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> take_fraction_ns(std::string_view& text) noexcept {
  if (!take_exact(text, '.')) return 0;
  std::int64_t ns = 0;
  std::int64_t unit = kNsPerSecond / 10;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    ns += unit * (text[digits] - '0');
    unit /= 10;
    ++digits;
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return ns;
}

std::optional<std::int64_t> take_offset_seconds(std::string_view& text) noexcept {
  if (take(text, 'Z')) return 0;
  const bool east = take_exact(text, '+');
  if (!east && !take_exact(text, '-')) return std::nullopt;
  const int hours = take_number(text, 2);
  if (!take_exact(text, ':')) return std::nullopt;
  const int minutes = take_number(text, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const std::int64_t seconds = hours * 3600 + minutes * 60;
  return east ? seconds : -seconds;
}

}  // namespace

std::optional<UnixNs> parse_rfc3339(std::string_view text) noexcept {
  const int year = take_number(text, 4);
  if (!take_exact(text, '-')) return std::nullopt;
  const int month = take_number(text, 2);
  if (!take_exact(text, '-')) return std::nullopt;
  const int day = take_number(text, 2);
  if (!take(text, 'T')) return std::nullopt;
  const int hour = take_number(text, 2);
  if (!take_exact(text, ':')) return std::nullopt;
  const int minute = take_number(text, 2);
  if (!take_exact(text, ':')) return std::nullopt;
  const int second = take_number(text, 2);
  const auto fraction_ns = take_fraction_ns(text);
  if (!fraction_ns) return std::nullopt;
  const auto offset_seconds = take_offset_seconds(text);
  if (!offset_seconds || !text.empty()) return std::nullopt;
  if (year < 1970 || year > 2200 || month < 1 || day < 1) return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  const std::int64_t seconds =
      days * 86'400 + hour * 3'600 + minute * 60 + second - *offset_seconds;
  const UnixNs time{seconds * kNsPerSecond + *fraction_ns};
  // An offset or a leap second may have moved it out again; 0 would mean "not known".
  constexpr std::int64_t kEndSeconds =
      std::chrono::sys_days{std::chrono::year{2201} / 1 / 1}.time_since_epoch().count() * 86'400;
  if (time.value <= 0 || seconds >= kEndSeconds) return std::nullopt;
  return time;
}

}  // namespace opptak::control::http
