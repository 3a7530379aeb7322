// Loads and stores of integers at unaligned addresses: little endian for our own formats, big
// endian for network protocols. Pure; callable from any core.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace opptak {

static_assert(std::endian::native == std::endian::little);

template <std::unsigned_integral T>
[[nodiscard]] inline T load_le(const void* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

template <std::unsigned_integral T>
inline void store_le(void* to, T value) noexcept {
  std::memcpy(to, &value, sizeof(T));
}

template <std::unsigned_integral T>
[[nodiscard]] inline T load_be(const void* from) noexcept {
  return std::byteswap(load_le<T>(from));
}

template <std::unsigned_integral T>
inline void store_be(void* to, T value) noexcept {
  store_le<T>(to, std::byteswap(value));
}

}  // namespace opptak
