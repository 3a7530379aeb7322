// Everything of the store that control opens at its start, in the order in which it may fail: the
// store's version before anything else, then the vault, the keys, the catalogue, the accounts.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>

#include "control/access/access.h"
#include "control/catalogue/catalogue.h"
#include "control/core/segment_recording_store.h"
#include "storage/key/file_vault.h"
#include "storage/key/key_store.h"
#include "storage/receipt/receipt.h"
#include "storage/segment/space.h"
#include "storage/segment/store.h"
#include "storage/settings/settings.h"

namespace opptak::control {

struct ControlStore {
  // Makes what is not there yet. The error is one sentence for the operator.
  [[nodiscard]] static std::expected<std::unique_ptr<ControlStore>, std::string> open(
      const storage::Settings& settings, UnixNs now);

  ControlStore() = default;
  ControlStore(const ControlStore&) = delete;
  ControlStore& operator=(const ControlStore&) = delete;

  std::filesystem::path directory;
  std::filesystem::path catalogue_file;
  std::unique_ptr<storage::FileVault> vault;
  std::unique_ptr<storage::KeyStore> keys;
  std::unique_ptr<storage::SegmentSpace> space;
  std::unique_ptr<storage::ReceiptSigner> signer;
  std::unique_ptr<Catalogue> catalogue;
  std::unique_ptr<Access> access;
  std::unique_ptr<SegmentRecordingStore> recordings;
};

}  // namespace opptak::control
