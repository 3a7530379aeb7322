#include "control/render/pipe.h"

#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "storage/base/bytes.h"
#include "tests/unit/control/render/job.h"

namespace opptak::control::render {
namespace {

using Step = PipeReader::Step;

std::vector<std::uint8_t> small_job() {
  return test::job_of({{.speaker = 1, .codecs = {test::named(8, 8'000, "PCMA")}}},
                      {{.stream = 0,
                        .arrival_us = 0x0102030405060708,
                        .timestamp = 0xa1a2a3a4,
                        .sequence = 0xb1b2,
                        .payload_type = 8,
                        .payload = {1, 2, 3}}},
                      {.sample_rate_hz = 8'000, .seconds_max = 7, .start_us = 9});
}

// Goal: the bytes are those of docs/formats/render-pipe.md. Method: literal bytes.
TEST(PipeWriter, WritesTheDocumentedBytes) {
  const std::vector<std::uint8_t> wire{
      'O', 'P', 'K', 'R', 1, 0, 0, 0, 0x40, 0x1f, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0,
      // Stream: caller's voice is 0, this is the callee's; PCMA as payload type 8.
      13, 0, 0, 0, 1, 1, 1, 8, 1, 0x40, 0x1f, 0, 0, 4, 'P', 'C', 'M', 'A',
      // Packet.
      20, 0, 0, 0, 2, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1, 0xa4, 0xa3, 0xa2, 0xa1, 0xb2, 0xb1, 8, 1, 2, 3,
      // End.
      0, 0, 0, 0, 3};
  EXPECT_EQ(small_job(), wire);
}

// Goal: what was written is read, however the pipe cuts it. Method: one byte at a time.
TEST(PipeReader, ReadsByteByByte) {
  PipeReader reader;
  PipeFrame frame;
  std::vector<std::string> seen;
  for (const std::uint8_t byte : small_job()) {
    reader.feed({&byte, 1});
    for (;;) {
      const auto step = reader.next(frame);
      ASSERT_TRUE(step);
      if (*step == Step::kEnd) seen.emplace_back("end");
      if (*step != Step::kFrame) break;
      if (const auto* stream = std::get_if<PipeStream>(&frame)) {
        EXPECT_EQ(stream->speaker, 1);
        ASSERT_EQ(stream->codecs.size(), 1u);
        EXPECT_EQ(stream->codecs[0].clock_hz, 8'000u);
        seen.emplace_back(stream->codecs[0].name);
      } else {
        const auto& packet = std::get<PipePacket>(frame);
        EXPECT_EQ(packet.arrival_us, 0x0102030405060708u);
        EXPECT_EQ(packet.timestamp, 0xa1a2a3a4u);
        EXPECT_EQ(packet.sequence, 0xb1b2u);
        EXPECT_EQ(packet.payload_type(), 8);
        EXPECT_EQ(packet.payload.size(), 3u);
        seen.emplace_back("packet");
      }
    }
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"PCMA", "packet", "end"}));
  EXPECT_EQ(reader.header().seconds_max, 7u);
  EXPECT_EQ(reader.header().start_us, 9u);
}

// Goal: no prefix of a job counts as a whole one. Method: cut it at every byte.
TEST(PipeReader, NeverEndsOnATruncatedJob) {
  const auto job = small_job();
  for (std::size_t size = 0; size < job.size(); ++size) {
    PipeReader reader;
    PipeFrame frame;
    reader.feed(std::span(job).first(size));
    auto step = reader.next(frame);
    while (step && *step == Step::kFrame) step = reader.next(frame);
    ASSERT_TRUE(step) << "size=" << size;
    EXPECT_EQ(*step, Step::kNeedMore) << "size=" << size;
    EXPECT_FALSE(reader.ended()) << "size=" << size;
  }
}

std::expected<Step, PipeError> read_all(const std::vector<std::uint8_t>& job) {
  PipeReader reader;
  PipeFrame frame;
  reader.feed(job);
  auto step = reader.next(frame);
  while (step && *step == Step::kFrame) step = reader.next(frame);
  return step;
}

// Goal: each claim that does not fit is refused, with its own error. Method: change one field.
TEST(PipeReader, RefusesWhatDoesNotFit) {
  const auto change = [](std::size_t at, std::uint8_t to) {
    auto job = small_job();
    job[at] = to;
    const auto read = read_all(job);
    return read ? std::optional<PipeError>{} : std::optional(read.error());
  };
  EXPECT_EQ(change(0, 'X'), PipeError::kBadHeader);
  EXPECT_EQ(change(4, 2), PipeError::kBadHeader);    // Version.
  EXPECT_EQ(change(8, 1), PipeError::kBadHeader);    // Sample rate.
  EXPECT_EQ(change(26, 2), PipeError::kTooLarge);    // Body of more than 65,536 bytes.
  EXPECT_EQ(change(28, 9), PipeError::kBadFrame);    // Type.
  EXPECT_EQ(change(29, 2), PipeError::kBadFrame);    // Speaker.
  EXPECT_EQ(change(30, 33), PipeError::kTooLarge);   // Codecs.
  EXPECT_EQ(change(30, 2), PipeError::kBadFrame);    // More codecs than the body holds.
  EXPECT_EQ(change(31, 200), PipeError::kBadFrame);  // Payload type.
  EXPECT_EQ(change(37, 40), PipeError::kTooLarge);   // Name.
  EXPECT_EQ(change(37, 3), PipeError::kBadFrame);    // A byte left over.
  EXPECT_EQ(change(47, 1), PipeError::kBadFrame);    // Packet of a stream that is not there.
  EXPECT_EQ(change(42, 10), PipeError::kBadFrame);   // Packet shorter than its head.
}

TEST(PipeReader, RefusesTooManyStreams) {
  const std::vector<PipeStream> streams(kStreamsMax, PipeStream{});
  EXPECT_TRUE(read_all(test::job_of(streams, {})));
  const auto over = read_all(test::job_of(std::vector<PipeStream>(kStreamsMax + 1), {}));
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error(), PipeError::kTooLarge);
}

TEST(PipeWriter, LeavesOutAPayloadThatIsTooLong) {
  PipeWriter writer;
  const std::vector<std::uint8_t> payload(kFrameBodyBytesMax - kPacketHeadBytes + 1);
  EXPECT_FALSE(writer.packet({.payload = payload}));
  EXPECT_TRUE(writer.bytes().empty());
  EXPECT_TRUE(writer.packet({.payload = std::span(payload).first(payload.size() - 1)}));
}

}  // namespace
}  // namespace opptak::control::render
