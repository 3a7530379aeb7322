// Seals and opens blocks: AES-256-GCM (NIST SP 800-38D) under the recording's key, the first
// kAssociatedBytes of the header as associated data, the header's nonce (docs/formats/block.md).
//
// Two implementations give the same bytes: intel-ipsec-mb (about four times faster) and OpenSSL.
// A Sealer belongs to one thread at a time; a SealKey may be read by many. Nothing here allocates
// after make_sealer().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "storage/block/format.h"

namespace opptak::storage {

inline constexpr std::size_t kKeyBytes = 32;

// A recording's key, expanded for a Sealer; wiped when it goes. Prepare it once per recording and
// use it with sealers of the kind that prepared it.
struct alignas(64) SealKey {
  SealKey() noexcept = default;
  ~SealKey();
  SealKey(const SealKey&) = delete;
  SealKey& operator=(const SealKey&) = delete;

  void wipe() noexcept;

  std::array<std::uint8_t, 1024> schedule{};  // The implementation's own.
};

class Sealer {
 public:
  virtual ~Sealer() = default;

  [[nodiscard]] virtual std::string_view name() const noexcept = 0;

  virtual void prepare(SealKey& key, std::span<const std::uint8_t, kKeyBytes> raw) noexcept = 0;

  // Encrypts `plaintext`, followed by zeros up to header.block_bytes - kBlockHeaderBytes, to `out`
  // (that many bytes of room) and puts the tag into the header. The caller pads nothing: give
  // BlockHead::used_bytes of it. Every other field of the header is set before; `header` may be
  // the one that lies directly before `out`. plaintext.data() == out is allowed, other overlap is
  // not. The caller never uses a nonce twice under one key.
  virtual void seal(const SealKey& key, BlockHeader& header,
                    std::span<const std::uint8_t> plaintext, std::uint8_t* out) noexcept = 0;

  // Decrypts `ciphertext` (header.block_bytes - kBlockHeaderBytes bytes) to `out`. False if the
  // tag does not match, `out` is then zeroed, or if the sizes disagree, `out` is then untouched.
  // In place is allowed.
  [[nodiscard]] virtual bool open(const SealKey& key, const BlockHeader& header,
                                  std::span<const std::uint8_t> ciphertext,
                                  std::uint8_t* out) noexcept = 0;
};

// intel-ipsec-mb where the CPU has AES-NI, else OpenSSL.
[[nodiscard]] std::unique_ptr<Sealer> make_sealer();
[[nodiscard]] std::unique_ptr<Sealer> make_openssl_sealer();

}  // namespace opptak::storage
