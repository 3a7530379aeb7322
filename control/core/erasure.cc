#include "control/core/erasure.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

namespace opptak::control {

namespace {

std::string detail_of(const RecordingRow& row, const Actor& actor,
                      std::optional<bool> space_freed = std::nullopt) {
  nlohmann::json json{{"recording_id", to_string(row.id)}, {"by", actor.id}};
  if (space_freed) json["space_freed"] = *space_freed;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void Erasure::request(const RecordingId& recording, const Actor& actor, Answer answer) {
  const auto same = std::ranges::find(requests_, recording, &Request::recording);
  if (same != requests_.end()) {
    same->answers.push_back(std::move(answer));
    return;
  }
  Request request{.recording = recording, .actor = actor, .answers = {}};
  request.answers.push_back(std::move(answer));
  requests_.push_back(std::move(request));
  state_.stats.erasures_pending.store(static_cast<std::int64_t>(requests_.size()),
                                      std::memory_order_relaxed);
}

CatalogueResult<void> Erasure::resume() {
  auto rows = catalogue_.unfinished_recordings();
  if (!rows) return std::unexpected(std::move(rows.error()));
  for (const RecordingRow& row : *rows) {
    if (row.state == RecordingState::kErasing) {
      requests_.push_back({.recording = row.id, .actor = {}, .answers = {}});
    }
  }
  if (!requests_.empty()) spdlog::info("erasures to be completed: {}", requests_.size());
  return {};
}

void Erasure::run(UnixNs now) {
  if (requests_.empty()) return;
  std::vector<Job> jobs = take_jobs();
  state_.stats.erasures_pending.store(static_cast<std::int64_t>(requests_.size() + jobs.size()),
                                      std::memory_order_relaxed);
  if (!jobs.empty()) {
    reached(ErasureStep::kExtentsRead);
    if (!mark(jobs, now) || !destroy_keys(jobs)) {
      give_up(jobs);
    } else {
      free_space(jobs);
      if (!complete(jobs, now)) give_up(jobs);
    }
  }
  state_.stats.erasures_pending.store(static_cast<std::int64_t>(requests_.size()),
                                      std::memory_order_relaxed);
}

std::vector<Erasure::Job> Erasure::take_jobs() {
  std::vector<Job> jobs;
  std::size_t taken = 0;
  for (; taken < requests_.size() && jobs.size() < state_.settings.erasures_per_turn; ++taken) {
    auto job = job_of(requests_[taken]);
    if (job) jobs.push_back(std::move(*job));
  }
  requests_.erase(requests_.begin(), requests_.begin() + static_cast<std::ptrdiff_t>(taken));
  return jobs;
}

// Answers at once what needs no work.
std::optional<Erasure::Job> Erasure::job_of(Request& request) {
  const auto answer_all = [&](const std::expected<ErasureReceipt, ServiceError>& answer) {
    for (const Answer& one : request.answers) one(answer);
  };
  auto row = catalogue_.find_recording(request.recording);
  if (!row) {
    spdlog::error("erasure: {}", row.error().message);
    answer_all(std::unexpected(ServiceError::kInternal));
    return std::nullopt;
  }
  if (!*row) {
    answer_all(std::unexpected(ServiceError::kNotFound));
    return std::nullopt;
  }
  if ((*row)->state == RecordingState::kErased) {
    answer_all(ErasureReceipt{(*row)->receipt.value_or("")});
    return std::nullopt;
  }
  if (state_.calls.find_recording(request.recording) != nullptr ||
      (*row)->state == RecordingState::kOpen || (*row)->state == RecordingState::kClosing) {
    answer_all(std::unexpected(ServiceError::kStillOpen));
    return std::nullopt;
  }
  Job job;
  job.row = std::move(**row);
  job.actor = request.actor;
  job.answers = std::move(request.answers);
  read_extents(job);
  return job;
}

void Erasure::read_extents(Job& job) {
  if (job.row.state == RecordingState::kErasing) {
    job.redone = true;
    read_begun(job);
    auto blocks = parse_ranges(job.row.erase_ranges);
    job.space_freed = blocks.has_value();
    if (blocks) job.blocks = std::move(*blocks);
    return;
  }
  if (job.row.extents.segment == 0) return;  // Nothing of it reached the disk.
  auto blocks = state_.store.blocks_of(job.row);
  if (blocks) {
    job.blocks = std::move(*blocks);
    return;
  }
  // Its key goes all the same; only the space stays taken until its segment expires.
  job.space_freed = false;
  spdlog::error("space of recording {} cannot be freed: {}", to_string(job.row.id),
                blocks.error().message);
}

// The receipt names who asked for the erasure, also where a later process completes it.
void Erasure::read_begun(Job& job) {
  const auto events = catalogue_.events_of(job.row.call);
  if (!events) return;
  const std::string id = to_string(job.row.id);
  for (const CallEventRow& event : *events) {
    if (event.kind != "erasure_begun") continue;
    const auto json = nlohmann::json::parse(event.detail, nullptr, false);
    if (!json.is_object() || json.value("recording_id", "") != id) continue;
    job.actor.id = json.value("by", "");
  }
}

bool Erasure::write(Batch& batch, const char* what) {
  const auto written = batch.write_rows(catalogue_);
  if (!written) spdlog::error("erasure, {}: {}", what, written.error().message);
  return written.has_value();
}

bool Erasure::mark(std::vector<Job>& jobs, UnixNs now) {
  Batch batch;
  for (Job& job : jobs) {
    if (job.redone) continue;
    job.row.state = RecordingState::kErasing;
    job.row.erase_ranges = format_ranges(job.blocks);
    batch.put_recording(job.row);
    batch.add_event({job.row.call, now, "erasure_begun", detail_of(job.row, job.actor)});
  }
  if (!write(batch, "marking")) return false;
  reached(ErasureStep::kMarked);
  return true;
}

bool Erasure::destroy_keys(std::vector<Job>& jobs) {
  for (const Job& job : jobs) {
    const auto destroyed = state_.store.destroy_key(job.row.id);
    if (!destroyed) {
      spdlog::error("key of an erased recording: {}", destroyed.error().message);
      return false;
    }
  }
  const auto committed = state_.store.commit_keys();
  if (!committed) {
    spdlog::error("keys cannot be destroyed durably: {}", committed.error().message);
    return false;
  }
  reached(ErasureStep::kKeyDestroyed);
  return true;
}

void Erasure::free_space(std::vector<Job>& jobs) {
  for (Job& job : jobs) {
    if (job.blocks.empty()) continue;
    const auto freed = state_.store.free_blocks(job.blocks);
    if (freed) continue;
    job.space_freed = false;
    spdlog::error("space of recording {}: {}", to_string(job.row.id), freed.error().message);
  }
  reached(ErasureStep::kSpaceFreed);
}

bool Erasure::complete(std::vector<Job>& jobs, UnixNs now) {
  Batch batch;
  for (Job& job : jobs) {
    job.row.state = RecordingState::kErased;
    job.row.erase_ranges.clear();
    job.row.erased_at = now;
    job.row.receipt = state_.store.sign_receipt(
        {.recording = job.row.id, .erased_by = job.actor.id, .erased_at = now});
    batch.put_recording(job.row);
    batch.add_event({job.row.call, now, "erased", detail_of(job.row, job.actor, job.space_freed)});
  }
  if (!write(batch, "completion")) return false;
  reached(ErasureStep::kErased);
  for (Job& job : jobs) {
    auto& total = job.redone ? state_.stats.erasures_redone_total : state_.stats.erasures_total;
    total.fetch_add(1, std::memory_order_relaxed);
    for (const Answer& answer : job.answers) answer(ErasureReceipt{*job.row.receipt});
  }
  return true;
}

// What was marked stays `erasing` in the catalogue: a repeated request or the next start goes on.
void Erasure::give_up(std::vector<Job>& jobs) {
  for (Job& job : jobs) {
    for (const Answer& answer : job.answers) answer(std::unexpected(ServiceError::kInternal));
  }
}

}  // namespace opptak::control
