// Rows of catalogue tables whose columns hold more than one value (docs/formats/catalogue.md):
// codec lists, number patterns, stream keys; and the cursor of a list. Private to
// control/catalogue; pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/catalogue/rows.h"

namespace opptak::control {

// One line per codec: "8 8000 1 PCMA\n". A name comes from the wire: it is cut at a line end.
[[nodiscard]] std::string pack_codecs(const std::vector<CodecRow>& codecs);
// Skips lines that do not parse: the file may be damaged, the rest of the row is still good.
[[nodiscard]] std::vector<CodecRow> unpack_codecs(std::string_view text);

// One pattern per line. None where a pattern itself holds a line end.
[[nodiscard]] std::optional<std::string> pack_lines(const std::vector<std::string>& lines);
[[nodiscard]] std::vector<std::string> unpack_lines(std::string_view text);

// Source address, source port, destination address, destination port, SSRC, big endian.
using StreamKeyBytes = std::array<std::uint8_t, 40>;
[[nodiscard]] StreamKeyBytes pack_stream_key(const StreamKey& key) noexcept;
[[nodiscard]] StreamKey unpack_stream_key(std::span<const std::uint8_t> bytes) noexcept;

// Where a page of calls ended: the last call's place in the order. 50 characters.
struct CallCursor {
  UnixNs started_at;
  CallId id;

  bool operator==(const CallCursor&) const = default;
};
[[nodiscard]] std::string pack_cursor(const CallCursor& cursor);
[[nodiscard]] std::optional<CallCursor> unpack_cursor(std::string_view text) noexcept;

}  // namespace opptak::control
