// One stream on the time axis: follows its timestamps in runs, orders its packets, decodes them
// and adds them to its channel. docs/formats/render-pipe.md, "Time". One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/render/engine/codec.h"
#include "control/render/engine/decoder.h"
#include "control/render/engine/reorder.h"
#include "control/render/engine/timeline.h"
#include "control/render/pipe.h"

namespace opptak::control::render {

inline constexpr std::int64_t kClockApartMaxUs = 1'000'000;
inline constexpr int kSequenceJumpMax = 3'000;  // MAX_DROPOUT of RFC 3550 appendix A.1.

class Track {
 public:
  using Warn = std::function<void(const std::string&)>;

  // What a stream frame said, kept beyond the frame.
  struct Names {
    explicit Names(const PipeStream& stream);
    std::uint8_t speaker;
    std::map<std::uint8_t, Codec> codecs;  // By payload type; the static ones included.
    std::map<std::uint8_t, std::string> names;
    bool wideband = false;  // Whether a codec that the stream names is.
  };

  // `timeline` outlives the track. start_us is the timeline's first frame.
  Track(Names names, std::uint64_t start_us, Timeline& timeline, Warn warn);

  // In order of arrival.
  void add(const PipePacket& packet);
  void finish();

  // Whether anything was decoded.
  [[nodiscard]] bool heard() const noexcept { return heard_; }

 private:
  struct Run {
    Run(std::uint32_t hz, const PipePacket& first)
        : clock_hz(hz),
          arrival_us(first.arrival_us),
          timestamp(first.timestamp),
          sequence(first.sequence),
          last_timestamp(first.timestamp),
          reorder(hz) {}

    std::uint32_t clock_hz;
    std::uint64_t arrival_us;  // Of the first packet: where the run lies.
    std::uint32_t timestamp;   // Of the first packet.
    std::uint16_t sequence;    // Highest so far.
    std::int64_t ticks = 0;    // Extended timestamp of the last delivered packet, from the first.
    std::uint32_t last_timestamp;
    Reorder reorder;
  };

  [[nodiscard]] const Codec& codec(std::uint8_t payload_type) const noexcept;
  [[nodiscard]] bool continues(const Run& run, std::uint32_t clock_hz,
                               const PipePacket& packet) const noexcept;
  void deliver(OrderedPacket& packet);
  void place(Decoder& decoder, std::uint8_t payload_type, std::int64_t at,
             const std::vector<std::uint8_t>& payload);
  void close_segment();
  [[nodiscard]] Decoder* decoder_of(std::uint8_t payload_type);
  void warn_once(std::uint8_t payload_type, const std::string& text);

  Names names_;
  std::uint64_t start_us_;
  Timeline& timeline_;
  Warn warn_;
  std::map<std::uint8_t, std::unique_ptr<Decoder>> decoders_;  // Null: there is none.
  std::map<std::uint8_t, bool> warned_;
  std::unique_ptr<Run> run_;

  // The stretch that is being written without a gap by one decoder.
  Decoder* segment_decoder_ = nullptr;
  std::uint8_t segment_payload_type_ = 0;
  std::int64_t segment_start_ = 0;  // Frame at which it begins.
  std::int64_t cursor_ = 0;         // Frame up to which it is written.
  std::int64_t written_to_ = 0;     // Highest cursor of this track: audio is not laid over it.
  std::vector<std::int16_t> samples_;
  bool heard_ = false;
};

}  // namespace opptak::control::render
