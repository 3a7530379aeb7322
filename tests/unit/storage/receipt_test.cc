#include "storage/receipt/receipt.h"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "tests/unit/storage/temporary_directory.h"

namespace opptak::storage {
namespace {

Receipt some_receipt() {
  Receipt receipt;
  for (std::size_t i = 0; i < 16; ++i) receipt.recording.bytes[i] = static_cast<std::uint8_t>(i);
  receipt.erased_by = "account:42";
  receipt.erased_at = {1'764'000'000'000'000'000};
  return receipt;
}

class ReceiptTest : public testing::Test {
 protected:
  ReceiptTest() : signer_(*ReceiptSigner::open(directory_.path() / "receipt.key")) {}
  TemporaryDirectory directory_;
  ReceiptSigner signer_;
};

// Goal: a receipt says what was given, and its hash is SHA-256 of the id. Method: the digest of
// bytes 0..15 from coreutils' sha256sum.
TEST_F(ReceiptTest, SaysWhatWasErased) {
  const std::string json = signer_.sign(some_receipt());
  const auto checked = verify_receipt(json, signer_.public_key());
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->recording_hash,
            "be45cb2605bf36bebde684841a28f0fd43c69850a3dce5fedba69928ee3a8991");
  EXPECT_EQ(checked->erased_by, "account:42");
  EXPECT_EQ(checked->erased_at, format_rfc3339({1'764'000'000'000'000'000}));
  EXPECT_EQ(checked->stage, ReceiptStage::kErased);
  EXPECT_EQ(checked->signer, signer_.public_key());
  EXPECT_NE(json.find("xports and copies"), std::string::npos);
  EXPECT_EQ(json.find('\n'), std::string::npos);

  Receipt final = some_receipt();
  final.stage = ReceiptStage::kKeyDestroyed;
  EXPECT_EQ(verify_receipt(signer_.sign(final), std::nullopt)->stage, ReceiptStage::kKeyDestroyed);
}

// Goal: the key is made once and the signature is the same after a restart.
TEST_F(ReceiptTest, KeepsItsKey) {
  const auto again = ReceiptSigner::open(directory_.path() / "receipt.key");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key(), signer_.public_key());
  EXPECT_EQ(again->sign(some_receipt()), signer_.sign(some_receipt()));
  ASSERT_EQ(::chmod((directory_.path() / "receipt.key").c_str(), 0644), 0);
  const auto loose = ReceiptSigner::open(directory_.path() / "receipt.key");
  ASSERT_FALSE(loose);
  EXPECT_EQ(loose.error().code, ReceiptError::kPermissions);
  EXPECT_EQ(receipt_key_beside("/a/vault/root.key"), "/a/vault/receipt.key");
}

// Goal: layout does not matter, every change of content does.
TEST_F(ReceiptTest, ToleratesLayoutAndNothingElse) {
  const std::string json = signer_.sign(some_receipt());
  const auto parsed = nlohmann::json::parse(json);
  EXPECT_TRUE(verify_receipt(parsed.dump(4), signer_.public_key()));
  for (const auto& [name, value] : parsed.items()) {
    auto changed = parsed;
    changed.erase(name);
    const auto without = verify_receipt(changed.dump(), signer_.public_key());
    EXPECT_FALSE(without) << name;
    if (!value.is_string() || name == "signature") continue;
    changed = parsed;
    changed[name] = value.get<std::string>() + " ";
    EXPECT_FALSE(verify_receipt(changed.dump(), signer_.public_key())) << name;
  }
  auto more = parsed;
  more["note"] = "added later";
  const auto added = verify_receipt(more.dump(), signer_.public_key());
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ReceiptError::kBadSignature);
  // A name twice: two readers would see two receipts.
  const std::string twice = "{\"erased_by\":\"someone\"," + json.substr(1);
  ASSERT_FALSE(verify_receipt(twice, signer_.public_key()));
  EXPECT_EQ(verify_receipt(twice, signer_.public_key()).error().code, ReceiptError::kMalformed);
}

// Goal: no prefix and no single changed character verifies.
TEST_F(ReceiptTest, RejectsTruncationAndDamage) {
  const std::string json = signer_.sign(some_receipt());
  for (std::size_t bytes = 0; bytes < json.size(); ++bytes) {
    ASSERT_FALSE(verify_receipt(json.substr(0, bytes), signer_.public_key())) << bytes;
    std::string changed = json;
    changed[bytes] = static_cast<char>(changed[bytes] ^ 1);
    ASSERT_FALSE(verify_receipt(changed, signer_.public_key())) << bytes;
  }
}

// Goal: another gateway's receipt is told from a changed one.
TEST_F(ReceiptTest, NamesAnotherSigner) {
  const auto other = ReceiptSigner::open(directory_.path() / "other.key");
  ASSERT_TRUE(other);
  const auto checked = verify_receipt(other->sign(some_receipt()), signer_.public_key());
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ReceiptError::kOtherSigner);
  EXPECT_TRUE(verify_receipt(other->sign(some_receipt()), std::nullopt));
}

// Goal: an actor's id that is no UTF-8 still gives a receipt that verifies.
TEST_F(ReceiptTest, SignsAnyActor) {
  Receipt receipt = some_receipt();
  receipt.erased_by = "\xff\x01\"\\";
  EXPECT_TRUE(verify_receipt(signer_.sign(receipt), signer_.public_key()));
}

}  // namespace
}  // namespace opptak::storage
