// Receipts come from anywhere: any text is refused or verified, nothing else.
#include <string_view>

#include "storage/receipt/receipt.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(opptak::storage::verify_receipt(text, std::nullopt));
  static_cast<void>(opptak::storage::verify_receipt(text, opptak::storage::PublicKey{}));
  return 0;
}
