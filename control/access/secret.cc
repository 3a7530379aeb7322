#include "control/access/secret.h"

#include <sodium.h>

#include "storage/base/check.h"

namespace opptak::control {
namespace {

constexpr int kBase64Url = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
constexpr auto kPasses = crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE;
constexpr auto kMemoryBytes = crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE;

// A hash of the same cost for logins that do not exist, of a random password that nobody kept.
constexpr const char* kNobody =
    "$argon2id$v=19$m=65536,t=2,p=1$"
    "pHocPRou82e0UMlNBbGucA$1yISwxmV8FDpwQay9xRY0kVsxTwsazYqMtQ3kss6G4s";

template <std::size_t N>
std::string random_text() {
  std::array<unsigned char, N> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, sodium_base64_ENCODED_LEN(N, sodium_base64_VARIANT_URLSAFE_NO_PADDING)> text{};
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kBase64Url);
  std::string out = text.data();
  sodium_memzero(bytes.data(), bytes.size());
  sodium_memzero(text.data(), text.size());
  return out;
}

}  // namespace

std::string make_secret() { return random_text<32>(); }

std::string make_opaque_id(std::string_view prefix) {
  return std::string(prefix) + random_text<12>();
}

SecretHash hash_secret(std::string_view secret) noexcept {
  SecretHash hash{};
  const int result = crypto_generichash(hash.data(), hash.size(),
                                        reinterpret_cast<const unsigned char*>(secret.data()),
                                        secret.size(), nullptr, 0);
  CHECK(result == 0);
  return hash;
}

std::optional<std::string> hash_password(std::string_view password) {
  std::array<char, crypto_pwhash_STRBYTES> text{};
  if (crypto_pwhash_argon2id_str(text.data(), password.data(), password.size(), kPasses,
                                 kMemoryBytes) != 0) {
    return std::nullopt;
  }
  return std::string(text.data());
}

bool verify_password(const std::string& stored, std::string_view password) noexcept {
  const bool matches = crypto_pwhash_argon2id_str_verify(stored.empty() ? kNobody : stored.c_str(),
                                                         password.data(), password.size()) == 0;
  return matches && !stored.empty();
}

}  // namespace opptak::control
