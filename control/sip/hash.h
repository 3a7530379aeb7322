// FNV-1a, 64 bits: tells apart what no one gains from making collide, namely branches
// of one transaction and media sets of one call. The same in every build, so it may be stored.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace opptak::control::sip {

class Fnv1a {
 public:
  void add_text(std::string_view text) noexcept {
    for (const char c : text) {
      value_ ^= static_cast<std::uint8_t>(c);
      value_ *= 0x100000001b3U;
    }
  }

  template <class T>
    requires std::has_unique_object_representations_v<T>
  void add(const T& field) noexcept {
    add_text(std::string_view(reinterpret_cast<const char*>(&field), sizeof field));
  }

  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

[[nodiscard]] inline std::uint64_t fnv1a(std::string_view text) noexcept {
  Fnv1a hash;
  hash.add_text(text);
  return hash.value();
}

}  // namespace opptak::control::sip
