// Calls that have ended, remembered for a while so that late retransmissions of theirs do not make
// new calls. Bounded by time and by count; the oldest goes first.
// One owner thread.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "control/sip/call.h"
#include "control/sip/message.h"

namespace opptak::control::sip {

// SipHash-2-4 of a Call-ID under a key that senders do not know.
struct CallIdHash {
  using is_transparent = void;
  std::array<std::uint8_t, 16> key{};
  [[nodiscard]] std::size_t operator()(std::string_view call_id) const noexcept;
};

template <class T>
using CallIdMap = std::unordered_map<std::string, T, CallIdHash, std::equal_to<>>;

class EndedCalls {
 public:
  EndedCalls(std::size_t calls_max, std::int64_t memory_ns, CallIdHash hash);

  // Takes what it needs out of `call`.
  void remember(Call&& call, UnixNs now);
  void expire(UnixNs now);

  [[nodiscard]] bool contains(std::string_view call_id) const { return calls_.contains(call_id); }

  // Whether an INVITE under the Call-ID of an ended call begins a new one: it asks for a new
  // dialog, with a From tag or a CSeq that the ended call did not have; or, after a rejection, on
  // a branch that it did not have, which is a proxy's next try.
  [[nodiscard]] bool begins_anew(const Message& invite) const;

 private:
  struct Ended {
    std::uint64_t serial = 0;
    bool rejected = false;
    std::vector<Leg> legs;
    std::vector<std::uint64_t> branches;  // Of the last INVITE.
  };
  struct Entry {
    UnixNs until;
    std::uint64_t serial;
    const std::string* call_id;  // Key in calls_: stays where it is as long as the entry.
  };

  void drop_oldest();

  std::size_t calls_max_;
  std::int64_t memory_ns_;
  std::uint64_t next_serial_ = 1;
  CallIdMap<Ended> calls_;
  std::deque<Entry> queue_;
};

}  // namespace opptak::control::sip
