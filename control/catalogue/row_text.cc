#include "control/catalogue/row_text.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "storage/base/bytes.h"

namespace opptak::control {
namespace {

constexpr std::string_view kCursorPrefix = "c1";  // Another encoding gets another prefix.
constexpr std::size_t kCursorBytes = 24;          // started_at (8), id (16).

// Takes a number and the space behind it off the front of `text`.
template <class Integer>
bool take_number(std::string_view& text, Integer& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto used = static_cast<std::size_t>(end - text.data());
  if (error != std::errc{} || used >= text.size() || *end != ' ') return false;
  text.remove_prefix(used + 1);
  return true;
}

template <class Visitor>
void for_each_line(std::string_view text, const Visitor& visit) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    visit(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string pack_codecs(const std::vector<CodecRow>& codecs) {
  std::string out;
  for (const CodecRow& codec : codecs) {
    const std::string_view name = std::string_view(codec.name);
    out += fmt::format("{} {} {} {}\n", codec.payload_type, codec.clock_hz, codec.channels,
                       name.substr(0, name.find('\n')));
  }
  return out;
}

std::vector<CodecRow> unpack_codecs(std::string_view text) {
  std::vector<CodecRow> codecs;
  for_each_line(text, [&](std::string_view line) {
    CodecRow codec;
    if (take_number(line, codec.payload_type) && take_number(line, codec.clock_hz) &&
        take_number(line, codec.channels)) {
      codec.name = line;
      codecs.push_back(std::move(codec));
    }
  });
  return codecs;
}

std::optional<std::string> pack_lines(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) {
    if (line.contains('\n')) return std::nullopt;
    out += line + '\n';
  }
  return out;
}

std::vector<std::string> unpack_lines(std::string_view text) {
  std::vector<std::string> lines;
  for_each_line(text, [&](std::string_view line) { lines.emplace_back(line); });
  return lines;
}

StreamKeyBytes pack_stream_key(const StreamKey& key) noexcept {
  StreamKeyBytes bytes{};
  std::ranges::copy(key.src.address, bytes.begin());
  store_be(bytes.data() + 16, key.src.port);
  std::ranges::copy(key.dst.address, bytes.begin() + 18);
  store_be(bytes.data() + 34, key.dst.port);
  store_be(bytes.data() + 36, key.ssrc);
  return bytes;
}

StreamKey unpack_stream_key(std::span<const std::uint8_t> bytes) noexcept {
  StreamKey key;
  if (bytes.size() != StreamKeyBytes{}.size()) return key;  // The schema's CHECK forbids it.
  std::ranges::copy(bytes.subspan(0, 16), key.src.address.begin());
  key.src.port = load_be<std::uint16_t>(bytes.data() + 16);
  std::ranges::copy(bytes.subspan(18, 16), key.dst.address.begin());
  key.dst.port = load_be<std::uint16_t>(bytes.data() + 34);
  key.ssrc = load_be<std::uint32_t>(bytes.data() + 36);
  return key;
}

std::string pack_cursor(const CallCursor& cursor) {
  std::array<std::uint8_t, kCursorBytes> bytes{};
  store_be(bytes.data(), std::bit_cast<std::uint64_t>(cursor.started_at.value));
  std::ranges::copy(cursor.id.bytes, bytes.begin() + 8);
  std::string out{kCursorPrefix};
  for (const std::uint8_t byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

std::optional<CallCursor> unpack_cursor(std::string_view text) noexcept {
  if (!text.starts_with(kCursorPrefix)) return std::nullopt;
  text.remove_prefix(kCursorPrefix.size());
  std::array<std::uint8_t, kCursorBytes> bytes{};
  if (text.size() != 2 * bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char* digits = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(digits, digits + 2, bytes[i], 16);
    if (error != std::errc{} || end != digits + 2) return std::nullopt;
  }
  CallCursor cursor{{std::bit_cast<std::int64_t>(load_be<std::uint64_t>(bytes.data()))}, {}};
  std::copy(bytes.begin() + 8, bytes.end(), cursor.id.bytes.begin());
  return cursor;
}

}  // namespace opptak::control
