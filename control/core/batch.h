// What one turn of the core's loop wants to become true, all at once: rows for the catalogue,
// then commands to the dataplane, then answers to the API. Nothing of it is seen by anyone before
// commit() has made the rows durable. One owner thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <variant>
#include <vector>

#include "control/catalogue/catalogue.h"
#include "control/channel/link.h"

namespace opptak::control {

class Batch {
 public:
  Batch() = default;
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  // Rows. The last put of a call or recording counts.
  void put_call(const CallRow& row) { calls_[row.id] = row; }
  void put_recording(const RecordingRow& row) { recordings_[row.id] = row; }
  void remove_recording(const RecordingId& id);
  void put_stream(const StreamRow& row) { streams_.push_back(row); }
  void add_event(const CallEventRow& row) { events_.push_back(row); }
  void put_client(const ClientRow& row) { settings_.emplace_back(row); }
  void put_campaign(const CampaignRow& row) { settings_.emplace_back(row); }

  // Commands; they leave in the order in which they were given here.
  template <class T>
  void to_worker(std::uint16_t worker, const T& message) {
    queue(Receiver::kWorker, worker, bytes_of(message));
  }
  template <class T>
  void to_all_workers(const T& message) {
    queue(Receiver::kAllWorkers, 0, bytes_of(message));
  }
  template <class T>
  void to_writer(std::uint16_t writer, const T& message) {
    queue(Receiver::kWriter, writer, bytes_of(message));
  }

  // Runs once the rows are durable and the commands are with the link.
  void after_commit(std::function<void()> fn) { after_.push_back(std::move(fn)); }

  [[nodiscard]] bool has_rows() const noexcept { return row_count() > 0; }
  [[nodiscard]] std::size_t row_count() const noexcept;
  [[nodiscard]] bool empty() const noexcept;

  // Writes the rows in one transaction. On failure nothing is written and everything stays here:
  // call it again.
  [[nodiscard]] CatalogueResult<void> write_rows(Catalogue& catalogue);
  // Then: hands the commands over, wipes them, runs the functions.
  void send_and_answer(DataplaneLink& link);
  // Forgets the commands: a resynchronisation says all of it anew.
  void discard_commands() noexcept;
  // Drops the functions: whoever waits for them learns that nothing was done.
  void abandon_answers() { after_.clear(); }

 private:
  enum class Receiver : std::uint8_t { kWorker, kAllWorkers, kWriter };
  struct Command {
    Receiver receiver;
    std::uint16_t index;
    std::size_t offset;
    std::size_t bytes;
  };

  void queue(Receiver receiver, std::uint16_t index, std::span<const std::uint8_t> message);
  [[nodiscard]] CatalogueResult<void> put_all(Catalogue& catalogue);
  void clear_rows() noexcept;

  std::map<CallId, CallRow> calls_;
  std::map<RecordingId, RecordingRow> recordings_;
  std::vector<RecordingId> removed_;
  std::vector<StreamRow> streams_;
  std::vector<CallEventRow> events_;
  std::vector<std::variant<ClientRow, CampaignRow>> settings_;
  std::vector<Command> commands_;
  std::vector<std::uint8_t> arena_;  // The commands' bytes; may hold keys.
  std::vector<std::function<void()>> after_;
};

}  // namespace opptak::control
