#include <string>

#include <gtest/gtest.h>

#include "control/cli/replay_report.h"

namespace opptak::control::cli {
namespace {

ReplayReport sample() {
  constexpr std::array<std::uint8_t, 4> kCaller{10, 0, 0, 1};
  ReplayReport report;
  report.packets = {.received = 10,
                    .stored = 3,
                    .suppressed = 0,
                    .signalling = 7,
                    .not_call = 0,
                    .duplicate = 0,
                    .malformed = 0,
                    .dropped = 0,
                    .pending = 0};
  ReplayedCall& call = report.calls.emplace_back();
  call.row.sip_call_id = "a\xff@b";
  call.row.from = "1001";
  call.row.to = "+4790000001";
  call.row.conversation_id = "c";
  call.row.state = CallState::kRecorded;
  call.row.answered = true;
  call.row.started_at = {1'700'000'000 * kNsPerSecond};
  ReplayedRecording& recording = call.recordings.emplace_back();
  recording.row.state = RecordingState::kStored;
  auto& stream = recording.streams.emplace_back();
  stream.key = {.src = {map_ipv4(kCaller.data()), 4'000},
                .dst = {parse_address("2001:db8::1").value(), 5'000},
                .ssrc = 4'000'000'000};
  stream.duplicates = 2;
  stream.summary.packets = 3;
  stream.summary.payloads.push_back({.payload_type = 8, .packets = 3, .bytes = 480, .sha256 = {}});
  return report;
}

// Goal: exactly the documented JSON. Method: the whole text.
TEST(ReplayReport, PrintsTheDocumentedJson) {
  const std::string zero(64, '0');
  EXPECT_EQ(to_json(sample()), R"({
 "packets": {
  "received": 10,
  "stored": 3,
  "suppressed": 0,
  "signalling": 7,
  "not_call": 0,
  "duplicate": 0,
  "malformed": 0,
  "dropped": 0
 },
 "calls": [
  {
   "call_id": "00000000-0000-0000-0000-000000000000",
   "sip_call_id": "a)"
                               "\xef\xbf\xbd"
                               R"(@b",
   "from": "1001",
   "to": "+4790000001",
   "campaign": null,
   "conversation_id": "c",
   "state": "recorded",
   "reason": null,
   "answered": true,
   "started_at": "2023-11-14T22:13:20.000000Z",
   "answered_at": null,
   "ended_at": null,
   "recordings": [
    {
     "recording_id": "00000000-0000-0000-0000-000000000000",
     "started_at": null,
     "ended_at": null,
     "streams": [
      {
       "src": "10.0.0.1:4000",
       "dst": "[2001:db8::1]:5000",
       "ssrc": 4000000000,
       "packets": 3,
       "lost": 0,
       "duplicates": 2,
       "reordered": 0,
       "payloads": [
        {
         "payload_type": 8,
         "codec": "PCMA",
         "packets": 3,
         "bytes": 480,
         "sha256": ")" + zero + R"("
        }
       ]
      }
     ]
    }
   ]
  }
 ]
}
)");
}

TEST(ReplayReport, PrintsATable) {
  const std::string text = to_table(sample());
  EXPECT_NE(text.find("2023-11-14T22:13:20.000000Z  1001  +4790000001  -         recorded"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("1 calls. Packets: 10 received, 3 stored"), std::string::npos) << text;
}

}  // namespace
}  // namespace opptak::control::cli
