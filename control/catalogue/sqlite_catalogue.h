// The embedded catalogue. One class serves writer and readers: a reader is the same thing on a
// connection that cannot write, handed out as CatalogueReader. Private to control/catalogue.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/catalogue/catalogue.h"
#include "control/catalogue/sqlite.h"

namespace opptak::control {

class SqliteCatalogue final : public Catalogue {
 public:
  explicit SqliteCatalogue(SqliteDatabase database) : database_(std::move(database)) {}

  CatalogueResult<CallPage> list_calls(const CallFilter& filter, std::string_view cursor,
                                       std::size_t limit) override;
  CatalogueResult<std::optional<CallRow>> find_call(const CallId& id) override;
  CatalogueResult<std::vector<CallRow>> calls_by_sip_call_id(std::string_view sip_call_id) override;
  CatalogueResult<std::vector<CallRow>> calls_in_progress() override;
  CatalogueResult<std::optional<RecordingRow>> find_recording(const RecordingId& id) override;
  CatalogueResult<std::vector<RecordingRow>> recordings_of(const CallId& call) override;
  CatalogueResult<std::vector<RecordingRow>> unfinished_recordings() override;
  CatalogueResult<std::vector<StreamRow>> streams_of(const RecordingId& recording) override;
  CatalogueResult<std::vector<CallEventRow>> events_of(const CallId& call) override;
  CatalogueResult<std::vector<ClientRow>> clients() override;
  CatalogueResult<std::vector<CampaignRow>> campaigns() override;
  CatalogueResult<StateCounts> counts_by_state() override;

  CatalogueResult<void> begin() override;
  CatalogueResult<void> commit() override;
  void rollback() noexcept override;
  CatalogueResult<void> put_call(const CallRow& row) override;
  CatalogueResult<void> put_recording(const RecordingRow& row) override;
  CatalogueResult<void> remove_recording(const RecordingId& id) override;
  CatalogueResult<void> put_stream(const StreamRow& row) override;
  CatalogueResult<void> add_call_event(const CallEventRow& row) override;
  CatalogueResult<void> put_client(const ClientRow& row) override;
  CatalogueResult<void> put_campaign(const CampaignRow& row) override;

 private:
  [[nodiscard]] CatalogueResult<void> check_group();
  [[nodiscard]] CatalogueResult<void> finish_put(SqliteQuery& query);

  SqliteDatabase database_;
  bool group_open_ = false;
  // Set when SQLite gave the open group up by itself (disk full, say): what follows must not
  // become transactions of its own.
  std::optional<CatalogueFailure> group_lost_;
};

[[nodiscard]] CatalogueFailure to_catalogue_failure(const SqliteFailure& failure);

}  // namespace opptak::control
