// CallRow::resume_json: what is written comes back; what is cut off or foreign is refused.
#include "control/core/resume.h"

#include <gtest/gtest.h>

#include "tests/unit/control/core/fake_dataplane.h"

namespace opptak::control::test {

namespace {

LiveCall sample_call() {
  LiveCall call;
  call.row.id = CallId{{7}};
  call.phase = CallPhase::kLingering;
  call.retention_days = 90;
  call.current = RecordingId{{8}};
  call.end_reason = "bye";
  call.refused_no_key = true;
  call.store_full_seen = true;
  call.seen = {1, 2, 3, 4, 5, 6, {7}};
  call.active_at = {99};
  MediaTarget target;
  target.id = 12345678901234567ULL;
  target.endpoint = endpoint("[2001:db8::1]:4000");
  target.side = dataplane::Side::kCallee;
  target.encrypted = true;
  target.codecs = {{8, "PCMA", 8000, 1}, {111, "OPUS", 48000, 2}};
  call.targets.push_back(target);
  ActiveStream stream;
  stream.row.key = {endpoint("10.0.0.1:1"), endpoint("10.0.0.2:2"), 0xffffffff};
  stream.row.recording = call.current;
  stream.row.speaker = 1;
  stream.row.first_arrival = {1'700'000'000'000'000'001};
  stream.row.codecs = target.codecs;
  stream.audio = false;
  call.streams[{target.id, stream.row.key}] = stream;
  call.streams_ended.insert({stream.row.key, {}, {5}});
  return call;
}

class NoStore final : public RecordingStore {
  RecordingStoreResult<storage::RecordingKey> make_key(const RecordingRow&,
                                                       std::string_view) override {
    return std::unexpected(RecordingStoreFailure{});
  }
  RecordingStoreResult<storage::RecordingKey> find_key(const RecordingId&) override {
    return std::unexpected(RecordingStoreFailure{});
  }
  RecordingStoreResult<void> destroy_key(const RecordingId&) override { return {}; }
  RecordingStoreResult<void> commit_keys() override { return {}; }
  RecordingStoreResult<std::vector<storage::BlockLocation>> blocks_of(
      const RecordingRow&) override {
    return std::unexpected(RecordingStoreFailure{});
  }
  RecordingStoreResult<void> free_blocks(std::span<const storage::BlockLocation>) override {
    return {};
  }
  std::string sign_receipt(const storage::Receipt&) override { return {}; }
};

std::string encoded(const LiveCall& call) {
  NoStore store;
  CoreStats stats;
  CoreState state({}, store, stats, Policy({}, {}, {}), [](std::span<std::uint8_t>) {}, 1);
  state.dataplane_epoch = 17;
  return encode_resume(state, call, R"({"dialog":1})");
}

}  // namespace

TEST(ResumeJson, ComesBackAsItWasWritten) {
  const LiveCall call = sample_call();
  CallRow row = call.row;
  row.resume_json = encoded(call);
  const auto resumed = decode_resume(row);
  ASSERT_TRUE(resumed);
  EXPECT_EQ(resumed->dialog, R"({"dialog":1})");
  EXPECT_EQ(resumed->dataplane_epoch, 17U);
  const LiveCall& back = *resumed->call;
  EXPECT_EQ(back.row.id, call.row.id);
  EXPECT_EQ(back.phase, call.phase);
  EXPECT_EQ(back.retention_days, call.retention_days);
  EXPECT_EQ(back.current, call.current);
  EXPECT_EQ(back.end_reason, call.end_reason);
  EXPECT_TRUE(back.refused_no_key && back.store_full_seen);
  EXPECT_FALSE(back.refused_store_full || back.gateway_restarted || back.media_in_other_call);
  EXPECT_EQ(back.seen.recordings_lost, 6U);
  EXPECT_EQ(back.seen.last_media_at, (UnixNs{7}));
  EXPECT_EQ(back.active_at, (UnixNs{99}));
  ASSERT_EQ(back.targets.size(), 1U);
  EXPECT_EQ(back.targets[0].id, call.targets[0].id);
  EXPECT_EQ(back.targets[0].endpoint, call.targets[0].endpoint);
  EXPECT_EQ(back.targets[0].side, dataplane::Side::kCallee);
  EXPECT_TRUE(back.targets[0].audio && back.targets[0].encrypted);
  EXPECT_EQ(back.targets[0].codecs.at(1).name, "OPUS");
  ASSERT_EQ(back.streams.size(), 1U);
  const auto& [key, stream] = *back.streams.begin();
  EXPECT_EQ(key, call.streams.begin()->first);
  EXPECT_EQ(stream.row.first_arrival, call.streams.begin()->second.row.first_arrival);
  EXPECT_FALSE(stream.audio);
  EXPECT_EQ(back.streams_ended, call.streams_ended);
}

// Goal: no prefix of the text is taken for a call. Method: cut it at every byte.
TEST(ResumeJson, RefusesEveryTruncation) {
  CallRow row;
  const std::string text = encoded(sample_call());
  for (std::size_t size = 0; size < text.size(); ++size) {
    row.resume_json = text.substr(0, size);
    ASSERT_FALSE(decode_resume(row)) << size;
  }
}

// Goal: values of the wrong type or out of range are refused, not believed.
TEST(ResumeJson, RefusesWhatIsForeign) {
  const std::string text = encoded(sample_call());
  const auto with = [&](const std::string& from, const std::string& to) {
    CallRow row;
    row.resume_json = text;
    const auto at = row.resume_json.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    row.resume_json.replace(at, from.size(), to);
    return decode_resume(row).has_value();
  };
  EXPECT_FALSE(with(R"("v":1)", R"("v":2)"));
  EXPECT_FALSE(with(R"("phase":1)", R"("phase":9)"));
  EXPECT_FALSE(with("[2001:db8::1]:4000", "2001:db8::1"));
  EXPECT_FALSE(with(R"("days":90)", R"("days":"many")"));
  EXPECT_FALSE(with(R"("current":"08)", R"("current":"xx)"));
  EXPECT_FALSE(with(R"("ended":[[["10.0.0.1:1","10.0.0.2:2",4294967295],5,"0)",
                    R"("ended":[[["10.0.0.1:1","10.0.0.2:2",4294967295],5,"x)"));
}

}  // namespace opptak::control::test
