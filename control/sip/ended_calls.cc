#include "control/sip/ended_calls.h"

#include <algorithm>

#include <sodium.h>

#include "control/sip/hash.h"

namespace opptak::control::sip {

std::size_t CallIdHash::operator()(std::string_view call_id) const noexcept {
  static_assert(crypto_shorthash_KEYBYTES == sizeof key);
  std::uint64_t hash = 0;
  static_assert(crypto_shorthash_BYTES == sizeof hash);
  crypto_shorthash(reinterpret_cast<unsigned char*>(&hash),
                   reinterpret_cast<const unsigned char*>(call_id.data()), call_id.size(),
                   key.data());
  return hash;
}

EndedCalls::EndedCalls(std::size_t calls_max, std::int64_t memory_ns, CallIdHash hash)
    : calls_max_(calls_max), memory_ns_(memory_ns), calls_(0, hash) {}

void EndedCalls::remember(Call&& call, UnixNs now) {
  if (calls_max_ == 0) return;
  while (queue_.size() >= calls_max_) drop_oldest();
  Ended ended;
  ended.serial = next_serial_++;
  ended.rejected = call.ended && call.ended->cause != EndCause::kBye;
  ended.legs = std::move(call.legs);
  for (auto exchange = call.exchanges.rbegin(); exchange != call.exchanges.rend(); ++exchange) {
    if (!exchange->invite || exchange->in_dialog()) continue;
    for (const Branch& branch : exchange->branches) ended.branches.push_back(branch.hash);
    break;
  }
  const auto [at, inserted] = calls_.insert_or_assign(std::move(call.call_id), std::move(ended));
  queue_.push_back(Entry{now + memory_ns_, at->second.serial, &at->first});
}

void EndedCalls::drop_oldest() {
  const Entry entry = queue_.front();
  queue_.pop_front();
  // A Call-ID that ended again has a younger entry in the queue, which keeps it.
  const auto found = calls_.find(*entry.call_id);
  if (found != calls_.end() && found->second.serial == entry.serial) calls_.erase(found);
}

void EndedCalls::expire(UnixNs now) {
  while (!queue_.empty() && queue_.front().until <= now) drop_oldest();
}

bool EndedCalls::begins_anew(const Message& invite) const {
  const auto found = calls_.find(invite.call_id);
  if (found == calls_.end()) return true;
  if (!invite.to.tag.empty()) return false;
  const Ended& ended = found->second;
  const auto leg = std::ranges::find(ended.legs, invite.from.tag, &Leg::tag);
  if (leg == ended.legs.end() || invite.cseq.number > leg->invite_cseq) return true;
  return ended.rejected && invite.cseq.number == leg->invite_cseq &&
         std::ranges::find(ended.branches, fnv1a(invite.via_branch)) == ended.branches.end();
}

}  // namespace opptak::control::sip
