#include "storage/block/sealer.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/evp.h>

namespace opptak::storage {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// Ciphertext and tag straight from EVP: the yardstick, itself checked below.
Bytes reference_gcm(const Bytes& key, const Bytes& nonce, const Bytes& associated,
                    const Bytes& plaintext) {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  Bytes out(plaintext.size() + 16);
  int bytes = 0;
  EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nullptr, key.data(), nonce.data());
  EVP_EncryptUpdate(context, nullptr, &bytes, associated.data(),
                    static_cast<int>(associated.size()));
  EVP_EncryptUpdate(context, out.data(), &bytes, plaintext.data(),
                    static_cast<int>(plaintext.size()));
  EVP_EncryptFinal_ex(context, out.data() + bytes, &bytes);
  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, out.data() + plaintext.size());
  EVP_CIPHER_CTX_free(context);
  return out;
}

Bytes random_bytes(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  Bytes bytes(count);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

BlockHeader make_header(std::uint32_t block_bytes) {
  BlockHeader header{};
  header.magic = kBlockMagic;
  header.version = kBlockVersion;
  header.kind = BlockKind::kPackets;
  header.block_bytes = block_bytes;
  header.store_tag = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  header.nonce_epoch = 7;
  header.nonce_counter = 0x1122334455667788;
  return header;
}

// Goal: the yardstick is right. Method: test case 16 of McGrew and Viega, "The Galois/Counter Mode
// of Operation", which NIST took over.
TEST(Sealer, YardstickMatchesPublishedVector) {
  const Bytes key = from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const Bytes plaintext = from_hex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6"
      "b525b16aedf5aa0de657ba637b39");
  const Bytes sealed =
      reference_gcm(key, from_hex("cafebabefacedbaddecaf888"),
                    from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"), plaintext);
  EXPECT_EQ(sealed, from_hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08"
                             "e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cd"
                             "df8853bb2d551b"));
}

class EachSealer : public testing::TestWithParam<bool> {
 protected:
  EachSealer() : sealer_(GetParam() ? make_sealer() : make_openssl_sealer()) {
    sealer_->prepare(key_, std::span<const std::uint8_t, kKeyBytes>(raw_.data(), kKeyBytes));
  }
  std::unique_ptr<Sealer> sealer_;
  Bytes raw_ = random_bytes(kKeyBytes, 1);
  SealKey key_;
};

INSTANTIATE_TEST_SUITE_P(Both, EachSealer, testing::Bool(), [](const auto& param_info) {
  return param_info.param ? "Default" : "Openssl";
});

// Goal: both sealers write the bytes of the format, also for part-filled blocks. Method: compare
// with EVP over the zero-padded plaintext.
TEST_P(EachSealer, GivesTheBytesOfTheFormat) {
  for (const std::uint32_t block_bytes : {4096U, 16384U, 65536U}) {
    const std::size_t room = block_bytes - kBlockHeaderBytes;
    for (const std::size_t used : {std::size_t{0}, std::size_t{1}, std::size_t{112},
                                   std::size_t{1000}, room - 17, room - 1, room}) {
      const Bytes plaintext = random_bytes(used, static_cast<std::uint32_t>(used));
      Bytes padded = plaintext;
      padded.resize(room);
      BlockHeader header = make_header(block_bytes);
      Bytes associated(kAssociatedBytes);
      std::memcpy(associated.data(), &header, kAssociatedBytes);
      const Bytes nonce(associated.begin() + kNonceOffsetBytes,
                        associated.begin() + kNonceOffsetBytes + kNonceBytes);
      const Bytes expected = reference_gcm(raw_, nonce, associated, padded);

      Bytes out(room);
      sealer_->seal(key_, header, plaintext, out.data());
      ASSERT_TRUE(std::equal(out.begin(), out.end(), expected.begin()))
          << sealer_->name() << " block_bytes=" << block_bytes << " used=" << used;
      ASSERT_TRUE(std::equal(header.gcm_tag.begin(), header.gcm_tag.end(), expected.end() - 16));

      Bytes opened(room, 0xee);
      ASSERT_TRUE(sealer_->open(key_, header, out, opened.data()));
      ASSERT_EQ(opened, padded);
    }
  }
}

// Goal: sealing and opening in place work. Method: the block's own memory is source and target.
TEST_P(EachSealer, WorksInPlace) {
  Bytes block(16384);
  const Bytes plaintext = random_bytes(5000, 5);
  std::copy(plaintext.begin(), plaintext.end(), block.begin() + kBlockHeaderBytes);
  auto* header = reinterpret_cast<BlockHeader*>(block.data());
  *header = make_header(16384);
  std::uint8_t* body = block.data() + kBlockHeaderBytes;
  sealer_->seal(key_, *header, std::span(body, plaintext.size()), body);
  ASSERT_FALSE(std::equal(plaintext.begin(), plaintext.end(), body));
  ASSERT_TRUE(sealer_->open(key_, *header, std::span(body, 16384 - kBlockHeaderBytes), body));
  EXPECT_TRUE(std::equal(plaintext.begin(), plaintext.end(), body));
}

// Goal: no changed bit of header, ciphertext or tag goes unseen, and nothing of the plaintext is
// handed out then. Method: flip one bit in each byte of the header and in some of the ciphertext.
TEST_P(EachSealer, RefusesEveryChange) {
  const std::size_t room = 4096 - kBlockHeaderBytes;
  BlockHeader header = make_header(4096);
  Bytes sealed(room);
  sealer_->seal(key_, header, random_bytes(room, 9), sealed.data());
  Bytes out(room, 0xee);
  for (std::size_t i = 0; i < sizeof header; ++i) {
    BlockHeader changed = header;
    reinterpret_cast<std::uint8_t*>(&changed)[i] ^= 0x40;
    ASSERT_FALSE(sealer_->open(key_, changed, sealed, out.data())) << "header byte " << i;
  }
  for (std::size_t i = 0; i < room; i += 61) {
    Bytes changed = sealed;
    changed[i] ^= 1;
    ASSERT_FALSE(sealer_->open(key_, header, changed, out.data())) << "ciphertext byte " << i;
    ASSERT_EQ(out, Bytes(room));
  }
  SealKey other;
  const Bytes other_raw = random_bytes(kKeyBytes, 2);
  sealer_->prepare(other, std::span<const std::uint8_t, kKeyBytes>(other_raw.data(), kKeyBytes));
  EXPECT_FALSE(sealer_->open(other, header, sealed, out.data()));
  EXPECT_TRUE(sealer_->open(key_, header, sealed, out.data()));
}

// Goal: sizes that disagree are refused without touching memory.
TEST_P(EachSealer, RefusesWrongSizes) {
  BlockHeader header = make_header(4096);
  Bytes sealed(4096 - kBlockHeaderBytes);
  sealer_->seal(key_, header, {}, sealed.data());
  Bytes out(8192, 0xee);
  EXPECT_FALSE(sealer_->open(key_, header, std::span(sealed).first(100), out.data()));
  BlockHeader odd = header;
  odd.block_bytes = 100;
  EXPECT_FALSE(sealer_->open(key_, odd, std::span(sealed).first(36), out.data()));
  EXPECT_EQ(out, Bytes(8192, 0xee));
}

// Goal: a key is gone when it is wiped.
TEST(SealKey, WipesItsSchedule) {
  const auto sealer = make_sealer();
  SealKey key;
  const Bytes raw = random_bytes(kKeyBytes, 3);
  sealer->prepare(key, std::span<const std::uint8_t, kKeyBytes>(raw.data(), kKeyBytes));
  const auto found = std::search(key.schedule.begin(), key.schedule.end(), raw.begin(), raw.end());
  ASSERT_NE(found, key.schedule.end());
  key.wipe();
  EXPECT_TRUE(std::all_of(key.schedule.begin(), key.schedule.end(),
                          [](std::uint8_t byte) { return byte == 0; }));
}

// Goal: on a CPU with AES-NI the fast implementation is the one that is used.
TEST(Sealer, PicksIpsecMbWithAesNi) {
  EXPECT_EQ(make_sealer()->name(), __builtin_cpu_supports("aes") ? "intel-ipsec-mb" : "OpenSSL");
}

}  // namespace
}  // namespace opptak::storage
