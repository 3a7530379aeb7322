// Cost of reading SIP: one INVITE with session description, scanned whole; and of following calls
// of seven messages each, from INVITE to the response to BYE, many of them at once. The reference
// in the same run is a search for every line end of the same bytes, which any reader of SIP must
// at least do.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "control/sip/follower.h"
#include "control/sip/multipart.h"
#include "control/sip/scanner.h"
#include "control/sip/sdp.h"

namespace opptak::control::sip {
namespace {

constexpr std::size_t kVariants = 1'024;  // Messages visited in turn, so that no branch is learnt.
constexpr std::size_t kMessagesPerCall = 7;

bool small() { return std::getenv("OPPTAK_BENCH_SMALL") != nullptr; }

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string description(std::size_t call, unsigned side) {
  const std::size_t port = 10'000 + 4 * (call % 10'000) + 2 * side;
  return fmt::format(
      "v=0\r\no=- {0} 1 IN IP4 10.{1}.0.{2}\r\ns=call\r\nc=IN IP4 10.{1}.0.{2}\r\nt=0 0\r\n"
      "m=audio {3} RTP/AVP 8 0 18 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
      "a=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\na=rtpmap:101 telephone-event/8000\r\n"
      "a=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n",
      call, side, call % 250, port);
}

// What a soft switch sends: about 20 header lines.
std::string message(const std::string& start, std::size_t call, const char* method, unsigned cseq,
                    const char* to_tag, const std::string& body) {
  return fmt::format(
      "{0}\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bK{1:08x}{4}\r\n"
      "Max-Forwards: 70\r\nFrom: \"Agent {1}\" <sip:agent{1}@example.com>;tag=as{1:08x}\r\n"
      "To: <sip:+4790{1:06}@example.com>{5}\r\nContact: <sip:agent{1}@192.0.2.10:5060>\r\n"
      "Call-ID: {1:08x}-5bb1-4e6b-9a39-0fb0b71a2b10@192.0.2.10\r\nCSeq: {4} {2}\r\n"
      "User-Agent: Example PBX 18.2\r\nDate: Tue, 24 Nov 2026 18:15:44 GMT\r\n"
      "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH\r\n"
      "Supported: replaces, timer\r\nSession-Expires: 1800\r\nMin-SE: 90\r\n"
      "P-Asserted-Identity: <sip:agent{1}@example.com>\r\nX-Campaign-Id: autumn\r\n"
      "{3}Content-Length: {6}\r\n\r\n{7}",
      start, call, method, body.empty() ? "" : "Content-Type: application/sdp\r\n", cseq, to_tag,
      body.size(), body);
}

std::vector<std::string> call_flow(std::size_t call) {
  const std::string uri = fmt::format("sip:+4790{:06}@example.com SIP/2.0", call);
  const char* const tag = ";tag=callee";
  return {message("INVITE " + uri, call, "INVITE", 1, "", description(call, 0)),
          message("SIP/2.0 100 Trying", call, "INVITE", 1, "", ""),
          message("SIP/2.0 180 Ringing", call, "INVITE", 1, tag, ""),
          message("SIP/2.0 200 OK", call, "INVITE", 1, tag, description(call, 1)),
          message("ACK " + uri, call, "ACK", 1, tag, ""),
          message("BYE " + uri, call, "BYE", 2, tag, ""),
          message("SIP/2.0 200 OK", call, "BYE", 2, tag, "")};
}

std::vector<std::string> invites() {
  std::vector<std::string> messages;
  for (std::size_t i = 0; i < kVariants; ++i) messages.push_back(call_flow(i).front());
  return messages;
}

std::uint64_t count_lines(const std::string& text) {
  std::uint64_t lines = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at))) {
    at = static_cast<const char*>(found) + 1;
    ++lines;
  }
  return lines;
}

// CPU time, so that other processes of the machine do not count.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double seconds_of(std::size_t rounds, auto&& work) {
  const double begin = cpu_seconds();
  for (std::size_t i = 0; i < rounds; ++i) work(i);
  benchmark::ClobberMemory();
  return cpu_seconds() - begin;
}

void scan_invite(benchmark::State& state) {
  const std::vector<std::string> messages = invites();
  const auto sdp = std::make_unique<Sdp>();
  std::uint64_t checksum = 0;
  std::size_t next = 0;
  std::size_t bytes = 0;
  const auto scan = [&](std::size_t i) {
    const auto scanned = scan_message(bytes_of(messages[i % kVariants]), "X-Campaign-Id");
    const auto body = find_sdp(*scanned);
    static_cast<void>(scan_sdp(body->text, body->truncated, *sdp));
    checksum += scanned->call_id.size() + sdp->media_array[0].port + scanned->extra->size();
  };
  for (auto _ : state) {
    bytes += messages[next % kVariants].size();
    scan(next++);
  }
  std::uint64_t lines = 0;
  const std::size_t rounds = small() ? 1'000 : 200'000;
  const double reference =
      seconds_of(rounds, [&](std::size_t i) { lines += count_lines(messages[i % kVariants]); });
  const double scanning = seconds_of(rounds, scan);
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["ns_per_message"] = 1e9 * scanning / static_cast<double>(rounds);
  state.counters["ratio_to_line_ends"] = scanning / reference;
  state.counters["checksum"] = static_cast<double>((checksum + lines) % 1'000'000);
}
BENCHMARK(scan_invite);

class CountingObserver : public Observer {
 public:
  void on_started(const CallStarted& e) override { sum += e.from_user.size(); }
  void on_media(const MediaChanged& e) override { sum += e.media.size(); }
  void on_ringing(const CallRinging&) override { ++sum; }
  void on_answered(const CallAnswered&) override { ++sum; }
  void on_held(const CallHeld&) override { ++sum; }
  void on_ended(const CallEnded&) override { ++ended; }

  std::uint64_t sum = 0;
  std::uint64_t ended = 0;
};

// One iteration: every call of the set gets its next message, in shuffled order, until all ended.
void follow_calls(benchmark::State& state) {
  const auto calls = static_cast<std::size_t>(small() ? 100 : state.range(0));
  std::vector<std::vector<std::string>> flows;
  for (std::size_t call = 0; call < calls; ++call) flows.push_back(call_flow(call));
  std::vector<std::size_t> order(calls);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::shuffle(order, std::mt19937_64{42});
  CountingObserver observer;
  for (auto _ : state) {
    FollowerConfig config;
    config.ended_calls_max = static_cast<std::uint32_t>(calls);
    Follower follower(config);
    std::int64_t now = kNsPerSecond;
    for (std::size_t step = 0; step < kMessagesPerCall; ++step) {
      for (const std::size_t call : order) {
        now += kNsPerUs;
        follower.on_datagram(UnixNs{now}, {}, {}, bytes_of(flows[call][step]), observer);
      }
    }
  }
  const auto rounds = static_cast<std::uint64_t>(state.iterations());
  if (observer.ended != rounds * calls) state.SkipWithError("calls did not end");
  const double messages = static_cast<double>(rounds * calls * kMessagesPerCall);
  state.counters["messages_per_second"] = benchmark::Counter(messages, benchmark::Counter::kIsRate);
  state.counters["checksum"] = static_cast<double>(observer.sum / rounds % 1'000'000);
}
BENCHMARK(follow_calls)->Arg(1'000)->Arg(50'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace opptak::control::sip

BENCHMARK_MAIN();
