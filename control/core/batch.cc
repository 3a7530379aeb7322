#include "control/core/batch.h"

#include <utility>

#include <sodium.h>

namespace opptak::control {

Batch::~Batch() { discard_commands(); }

void Batch::remove_recording(const RecordingId& id) {
  recordings_.erase(id);
  std::erase_if(streams_, [&](const StreamRow& row) { return row.recording == id; });
  removed_.push_back(id);
}

std::size_t Batch::row_count() const noexcept {
  return calls_.size() + recordings_.size() + removed_.size() + streams_.size() + events_.size() +
         settings_.size();
}

bool Batch::empty() const noexcept { return !has_rows() && commands_.empty() && after_.empty(); }

void Batch::queue(Receiver receiver, std::uint16_t index, std::span<const std::uint8_t> message) {
  if (arena_.size() + message.size() > arena_.capacity()) {
    // Growing in place would leave a copy of the keys behind.
    std::vector<std::uint8_t> larger;
    larger.reserve(2 * (arena_.capacity() + message.size()) + 4096);
    larger.assign(arena_.begin(), arena_.end());
    sodium_memzero(arena_.data(), arena_.size());
    arena_ = std::move(larger);
  }
  commands_.push_back({receiver, index, arena_.size(), message.size()});
  arena_.insert(arena_.end(), message.begin(), message.end());
}

CatalogueResult<void> Batch::put_all(Catalogue& catalogue) {
  CatalogueResult<void> result;
  const auto put = [&](const auto& rows, auto&& one) {
    for (const auto& row : rows) {
      if (result) result = one(row);
    }
  };
  put(settings_, [&](const auto& row) {
    if (const auto* client = std::get_if<ClientRow>(&row)) return catalogue.put_client(*client);
    return catalogue.put_campaign(std::get<CampaignRow>(row));
  });
  put(calls_, [&](const auto& entry) { return catalogue.put_call(entry.second); });
  put(recordings_, [&](const auto& entry) { return catalogue.put_recording(entry.second); });
  put(streams_, [&](const StreamRow& row) { return catalogue.put_stream(row); });
  put(removed_, [&](const RecordingId& id) { return catalogue.remove_recording(id); });
  put(events_, [&](const CallEventRow& row) { return catalogue.add_call_event(row); });
  return result;
}

CatalogueResult<void> Batch::write_rows(Catalogue& catalogue) {
  if (!has_rows()) return {};
  auto result = catalogue.begin();
  if (!result) return result;
  result = put_all(catalogue);
  if (!result) {
    catalogue.rollback();
    return result;
  }
  result = catalogue.commit();
  if (result) clear_rows();
  return result;
}

void Batch::send_and_answer(DataplaneLink& link) {
  for (const Command& command : commands_) {
    const std::span<std::uint8_t> message(arena_.data() + command.offset, command.bytes);
    switch (command.receiver) {
      case Receiver::kWorker:
        link.send_to_worker(command.index, message);
        break;
      case Receiver::kAllWorkers:
        for (std::uint16_t i = 0; i < link.geometry().workers; ++i) link.send_to_worker(i, message);
        break;
      case Receiver::kWriter:
        link.send_to_writer(command.index, message);
        break;
    }
  }
  discard_commands();
  // An answer may stage something for the next batch.
  const auto after = std::exchange(after_, {});
  for (const auto& fn : after) fn();
}

void Batch::discard_commands() noexcept {
  sodium_memzero(arena_.data(), arena_.size());
  arena_.clear();
  commands_.clear();
}

void Batch::clear_rows() noexcept {
  calls_.clear();
  recordings_.clear();
  removed_.clear();
  streams_.clear();
  events_.clear();
  settings_.clear();
}

}  // namespace opptak::control
