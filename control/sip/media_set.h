// The media endpoints that the parties of one call have announced, each with the offer/answer
// exchange (RFC 3264) that it comes from, and those that a newer exchange replaced but to which
// packets may still be on their way.
// Bounded; one owner thread.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "control/sip/events.h"
#include "control/sip/sdp.h"

namespace opptak::control::sip {

inline constexpr std::uint8_t kNoDialog = 255;

// Where a description stands: who said it, in which exchange and dialog.
struct MediaSource {
  Party party = Party::kCaller;
  std::uint8_t leg = 0;
  std::uint8_t dialog = kNoDialog;  // Callee only: which fork.
  std::uint32_t exchange = 0;       // Order of the exchange within the call.

  bool operator==(const MediaSource&) const = default;
};

struct MediaLine {
  MediaEndpoint endpoint;  // rtcp and encrypted are settled in MediaSet::current().
  MediaSource source;
  std::uint16_t index = 0;  // Place among the m= lines.
  bool rtcp_mux = false;
  SdpSecurity security = SdpSecurity::kNone;
  UnixNs gone_at;  // Not known while active; else when it leaves the set.

  [[nodiscard]] bool active() const noexcept { return !gone_at.known(); }
};

class MediaSet {
 public:
  // Takes in one m= line that can receive. An endpoint that the same source announced before is
  // updated and active again. False: no room, `lines_max` are in the set.
  bool put(const MediaSource& source, std::uint16_t index, const SdpMedia& media,
           std::size_t lines_max);

  // A line held by address 0.0.0.0 keeps its party's last endpoint: it will be used again. Nothing
  // happens where there was none. False: no room.
  bool keep_held(const MediaSource& source, std::uint16_t index, std::size_t lines_max);

  // Active lines for which `which` says so leave the set at `gone_at`.
  template <class Predicate>
  void retire_if(UnixNs gone_at, Predicate which) {
    for (MediaLine& line : lines_) {
      if (!line.active() || !which(line)) continue;
      line.gone_at = gone_at;
      changed_ = true;
    }
  }

  template <class Predicate>
  [[nodiscard]] bool any_active(Predicate which) const {
    for (const MediaLine& line : lines_) {
      if (line.active() && which(line)) return true;
    }
    return false;
  }

  // The exchange was thought to have failed and has not.
  void revive(std::uint32_t exchange) noexcept;

  // Takes out the lines whose time has come.
  void expire(UnixNs now);
  // When the next line leaves; not known: none.
  [[nodiscard]] UnixNs next_expiry() const noexcept;

  // The set as MediaChanged carries it, in the order of announcement. An endpoint announced more
  // than once stands once, as its latest description has it, with the payload types of all.
  [[nodiscard]] std::vector<MediaEndpoint> current() const;

  // Whether current() may give something else than at the last call.
  [[nodiscard]] bool take_changed() noexcept { return std::exchange(changed_, false); }

  [[nodiscard]] const std::vector<MediaLine>& lines() const noexcept { return lines_; }
  void restore(MediaLine line) { lines_.push_back(std::move(line)); }

 private:
  [[nodiscard]] const MediaLine* peer_of(const MediaLine& line) const noexcept;
  [[nodiscard]] MediaEndpoint settled(const MediaLine& line) const;
  [[nodiscard]] bool make_room(std::size_t lines_max);

  std::vector<MediaLine> lines_;
  bool changed_ = false;
};

// Of the content, so that an unchanged set need not be kept to be recognised.
[[nodiscard]] std::uint64_t fingerprint(const std::vector<MediaEndpoint>& media) noexcept;

}  // namespace opptak::control::sip
