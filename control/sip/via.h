// Via header values (RFC 3261 section 20.42): the branch names the transaction of one hop.
// Pure; views borrow from the argument; callable from any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace opptak::control::sip {

// Branches that begin so are unique per transaction (RFC 3261 section 8.1.1.7); others are of
// RFC 2543 and tell nothing.
inline constexpr std::string_view kBranchMagic = "z9hG4bK";

// branch parameter of the first value; empty where there is none.
[[nodiscard]] std::string_view via_branch(std::string_view value) noexcept;

// How many Via values stand in one header field, separated by commas.
[[nodiscard]] std::uint32_t via_count(std::string_view value) noexcept;

}  // namespace opptak::control::sip
