// Rows per second that the catalogue makes durable in groups, as control writes them: per call its
// row, five events, one recording, two streams, and the row again at the end. The reference in the
// same run is the same rows one transaction each. Also: pages of the call list, and memory.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include "control/catalogue/catalogue.h"
#include "storage/base/bytes.h"

namespace opptak::control {
namespace {

constexpr std::uint64_t kRowsPerCall = 10;
constexpr std::int64_t kStart = 1'700'000'000 * kNsPerSecond;

bool small() { return std::getenv("OPPTAK_BENCH_SMALL") != nullptr; }

double peak_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1'024;
}

template <class Result>
void must(const Result& result) {
  if (!result) throw std::runtime_error(result.error().message);
}

class Store {
 public:
  explicit Store(storage::Durability durability) {
    // The working directory, since /tmp is memory on many hosts.
    std::string name = "catalogue-bench-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    auto opened = open_sqlite_catalogue(file(), durability);
    must(opened);
    catalogue_ = std::move(*opened);
  }
  ~Store() {
    catalogue_.reset();
    std::filesystem::remove_all(folder_);
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  [[nodiscard]] std::filesystem::path file() const { return folder_ / "catalogue.sqlite"; }
  [[nodiscard]] Catalogue& catalogue() { return *catalogue_; }
  // Bytes on disk once all is copied home from the journal. No catalogue() after it.
  [[nodiscard]] std::uintmax_t close() {
    catalogue_.reset();
    return std::filesystem::file_size(file());
  }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<Catalogue> catalogue_;
};

// A UUIDv7 in form: time in front, then what looks random.
template <class Id>
Id make_id(std::uint64_t number) {
  Id id;
  store_be(id.bytes.data(), (kStart / kNsPerMs + number) << 16);
  store_be(id.bytes.data() + 8, number * 0x9e3779b97f4a7c15U);
  return id;
}

CallRow make_call(std::uint64_t number) {
  CallRow row;
  row.id = make_id<CallId>(number);
  row.sip_call_id = std::to_string(number * 0x9e3779b97f4a7c15U) + "@10.0.0.1";
  row.from = "+4722" + std::to_string(100'000 + number % 200);
  row.to = "+4790" + std::to_string(number * 7'919 % 1'000'000);
  row.campaign = "campaign-" + std::to_string(number % 8);
  row.client = "client-" + std::to_string(number % 3);
  row.policy_rule = "header";
  row.conversation_id = to_string(row.id);
  row.started_at = {kStart + static_cast<std::int64_t>(number) * kNsPerMs};
  row.resume_json.assign(400, 'x');
  return row;
}

// Calls `group` before each row, so that the caller decides where transactions end.
template <class Group>
void write_call(Catalogue& catalogue, std::uint64_t number, const Group& group) {
  CallRow call = make_call(number);
  group();
  must(catalogue.put_call(call));
  constexpr std::array kKinds{"invite", "ringing", "answered", "recording_started", "bye"};
  for (const char* kind : kKinds) {
    group();
    must(catalogue.add_call_event({call.id, call.started_at, kind, "{}"}));
  }
  RecordingRow recording;
  recording.id = make_id<RecordingId>(number);
  recording.call = call.id;
  group();
  must(catalogue.put_recording(recording));
  for (const std::uint32_t ssrc : {1U, 2U}) {
    StreamRow stream;
    stream.recording = recording.id;
    stream.key.ssrc = ssrc;
    stream.first_arrival = call.started_at;
    stream.codecs = {{8, "PCMA", 8'000, 1}};
    group();
    must(catalogue.put_stream(stream));
  }
  call.state = CallState::kRecorded;
  call.resume_json.clear();
  group();
  must(catalogue.put_call(call));
}

// Argument: rows a transaction.
void bm_write(benchmark::State& state) {
  Store store(storage::Durability::kFull);
  Catalogue& catalogue = store.catalogue();
  const auto rows_per_group = static_cast<std::uint64_t>(state.range(0));
  std::uint64_t rows_in_group = 0;
  std::uint64_t calls = 0;
  must(catalogue.begin());
  const auto group = [&] {
    if (++rows_in_group < rows_per_group) return;
    must(catalogue.commit());
    must(catalogue.begin());
    rows_in_group = 0;
  };
  for (auto _ : state) {
    for (std::uint64_t i = 0; i < (small() ? 1U : 20U); ++i) {
      write_call(catalogue, calls++, group);
    }
  }
  must(catalogue.commit());
  std::uint64_t recorded = 0;
  const StateCounts counts = catalogue.counts_by_state().value();
  for (const auto& [each, rows] : counts.calls) {
    if (each == CallState::kRecorded) recorded = rows;
  }
  if (recorded != calls) throw std::runtime_error("rows are missing");
  state.counters["rows_per_second"] =
      benchmark::Counter(static_cast<double>(calls * kRowsPerCall), benchmark::Counter::kIsRate);
  state.counters["calls"] = static_cast<double>(calls);
  state.counters["bytes_per_call"] =
      static_cast<double>(store.close()) / static_cast<double>(calls);
  state.counters["peak_mib"] = peak_mib();
}
BENCHMARK(bm_write)->Arg(1)->Arg(100)->Arg(1'000)->UseRealTime()->Unit(benchmark::kMillisecond);

// Made once: the benchmark's function runs several times.
Store& store_of_calls() {
  static Store store(storage::Durability::kNone);
  static const bool filled = [] {
    must(store.catalogue().begin());
    for (std::uint64_t i = 0; i < (small() ? 500U : 50'000U); ++i) {
      must(store.catalogue().put_call(make_call(i)));
    }
    must(store.catalogue().commit());
    return true;
  }();
  benchmark::DoNotOptimize(filled);
  return store;
}

// Pages of 50 calls from the newest to the oldest and over again: of all calls, of one campaign.
void bm_page(benchmark::State& state) {
  auto reader = open_sqlite_catalogue_reader(store_of_calls().file());
  must(reader);
  CallFilter filter;
  if (state.range(0) == 1) filter.campaign = "campaign-3";
  std::string cursor;
  std::uint64_t seen = 0;
  for (auto _ : state) {
    const auto page = (*reader)->list_calls(filter, cursor, 50);
    must(page);
    seen += page->calls.size();
    cursor = page->next_cursor.value_or("");
  }
  state.counters["rows_checksum"] = static_cast<double>(seen);
  state.counters["peak_mib"] = peak_mib();
}
BENCHMARK(bm_page)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace opptak::control

BENCHMARK_MAIN();
