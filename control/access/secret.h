// Secrets of sessions and tokens, and password hashes, on libsodium. Private to control/access.
// Any thread, once sodium_init() has succeeded (open_access() sees to that).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace opptak::control {

using SecretHash = std::array<std::uint8_t, 32>;

inline constexpr std::string_view kTokenPrefix = "opt_";

// 256 random bits in 43 characters of base64url.
[[nodiscard]] std::string make_secret();
// `prefix` and 96 random bits: names of accounts, sessions and tokens.
[[nodiscard]] std::string make_opaque_id(std::string_view prefix);
// BLAKE2b-256. Enough for random secrets; passwords need hash_password().
[[nodiscard]] SecretHash hash_secret(std::string_view secret) noexcept;

// argon2id at libsodium's interactive cost (2 passes over 64 MiB). None: no memory for it.
[[nodiscard]] std::optional<std::string> hash_password(std::string_view password);
// Constant time in the password. An empty `stored` costs the same and never matches.
[[nodiscard]] bool verify_password(const std::string& stored, std::string_view password) noexcept;

}  // namespace opptak::control
