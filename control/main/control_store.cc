#include "control/main/control_store.h"

#include <utility>

#include <fmt/format.h>

#include "control/policy/policy.h"

namespace opptak::control {

namespace {

using Failed = std::unexpected<std::string>;

template <class Result>
Failed failed(const Result& result) {
  return Failed(result.error().message);
}

// For what the file names the file wins, at every start.
CatalogueResult<void> upsert_settings(Catalogue& catalogue, const storage::Settings& settings) {
  auto result = catalogue.begin();
  if (!result) return result;
  for (const ClientRow& client : client_rows(settings)) {
    if (result) result = catalogue.put_client(client);
  }
  for (const CampaignRow& campaign : campaign_rows(settings)) {
    if (result) result = catalogue.put_campaign(campaign);
  }
  if (result) return catalogue.commit();
  catalogue.rollback();
  return result;
}

std::expected<void, std::string> open_keys(ControlStore& store, const storage::Settings& settings) {
  const bool fresh = !storage::KeyStore::exists(store.directory);
  auto vault = storage::FileVault::open(settings.vault.file, fresh);
  if (!vault) return failed(vault);
  store.vault = std::move(*vault);
  storage::KeyStoreOptions options;
  options.durable = settings.storage.durability == storage::Durability::kFull;
  auto keys = storage::KeyStore::open(store.directory, *store.vault, options);
  if (!keys) return failed(keys);
  store.keys = std::make_unique<storage::KeyStore>(std::move(*keys));
  auto signer = storage::ReceiptSigner::open(storage::receipt_key_beside(settings.vault.file));
  if (!signer) return failed(signer);
  store.signer = std::make_unique<storage::ReceiptSigner>(std::move(*signer));
  return {};
}

std::expected<void, std::string> open_catalogue(ControlStore& store,
                                                const storage::Settings& settings) {
  auto catalogue = open_sqlite_catalogue(store.catalogue_file, settings.storage.durability);
  if (!catalogue) return failed(catalogue);
  store.catalogue = std::move(*catalogue);
  if (const auto done = upsert_settings(*store.catalogue, settings); !done) return failed(done);
  const std::filesystem::path file = access_file(store.directory);
  auto access = open_access(file);
  if (!access) return Failed(access.error().message);
  store.access = std::move(*access);
  return {};
}

}  // namespace

std::expected<std::unique_ptr<ControlStore>, std::string> ControlStore::open(
    const storage::Settings& settings, UnixNs now) {
  auto store = std::make_unique<ControlStore>();
  const auto info = storage::open_or_create_store(settings.storage.directory, now);
  if (!info) return failed(info);
  store->directory = info->directory;
  store->catalogue_file = info->directory / "catalogue.sqlite";
  if (auto opened = open_keys(*store, settings); !opened) return Failed(opened.error());
  if (auto opened = open_catalogue(*store, settings); !opened) return Failed(opened.error());
  auto space = storage::SegmentSpace::open(store->directory);
  if (!space) return failed(space);
  store->space = std::make_unique<storage::SegmentSpace>(std::move(*space));
  store->recordings = std::make_unique<SegmentRecordingStore>(store->directory, *store->keys,
                                                              *store->space, *store->signer);
  return store;
}

}  // namespace opptak::control
