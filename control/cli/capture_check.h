// Looks at capture files before anything is started: that they are there, are pcap or pcapng with
// a link type that the dataplane reads, and how far they are whole. Reads headers only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "control/cli/failure.h"

namespace opptak::control::cli {

// A file that ends within a packet, or is damaged from there on.
struct CaptureCut {
  std::uint64_t packets = 0;       // Whole ones before it.
  std::uint64_t offset_bytes = 0;  // Where the first one that is not whole begins.
  bool damaged = false;            // Not cut off, but nonsense.
};

// The same of bytes at hand; `name` stands in sentences. `behind`, where given, is called now and
// then with the offset before which nothing is looked at any more.
[[nodiscard]] CliResult<std::optional<CaptureCut>> check_capture_bytes(
    std::span<const std::uint8_t> bytes, const std::string& name,
    const std::function<void(std::size_t)>& behind = {});

[[nodiscard]] CliResult<std::optional<CaptureCut>> check_capture(const std::filesystem::path& file);

// One sentence for people.
[[nodiscard]] std::string describe(const CaptureCut& cut, const std::filesystem::path& file);

}  // namespace opptak::control::cli
