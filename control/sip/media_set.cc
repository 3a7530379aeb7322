#include "control/sip/media_set.h"

#include <algorithm>

#include "control/sip/hash.h"
#include "control/sip/printable.h"
#include "control/sip/text.h"

namespace opptak::control::sip {

namespace {

constexpr std::size_t kCodecNameBytesMax = 32;

bool same_name(std::string_view upper, std::string_view written) noexcept {
  return std::ranges::equal(upper, written, {}, {}, to_upper);
}

bool same_codecs(const std::vector<Codec>& held, std::span<const SdpCodec> written) noexcept {
  return std::ranges::equal(held, written, [](const Codec& a, const SdpCodec& b) {
    return a.payload_type == b.payload_type && a.clock_hz == b.clock_hz &&
           a.channels == b.channels && same_name(a.name, b.name);
  });
}

std::vector<Codec> make_codecs(std::span<const SdpCodec> written) {
  std::vector<Codec> codecs;
  codecs.reserve(written.size());
  for (const SdpCodec& codec : written) {
    std::string name = printable_utf8(codec.name, kCodecNameBytesMax);
    std::ranges::transform(name, name.begin(), to_upper);
    codecs.push_back(Codec{codec.payload_type, std::move(name), codec.clock_hz, codec.channels});
  }
  return codecs;
}

Endpoint announced_rtcp(const SdpMedia& media) noexcept {
  Endpoint rtcp = media.rtp;
  if (media.rtcp_port.value_or(0) != 0) {
    rtcp.port = *media.rtcp_port;
    if (media.rtcp_address) rtcp.address = *media.rtcp_address;
  } else if (rtcp.port != 65'535) {
    ++rtcp.port;
  }
  return rtcp;
}

bool same_place(const MediaEndpoint& a, const MediaEndpoint& b) noexcept {
  return a.party == b.party && a.rtp == b.rtp && a.kind == b.kind;
}

void add_codecs(std::vector<Codec>& to, const std::vector<Codec>& from) {
  for (const Codec& codec : from) {
    const bool known = std::ranges::any_of(
        to, [&](const Codec& c) { return c.payload_type == codec.payload_type; });
    if (!known) to.push_back(codec);
  }
}

}  // namespace

bool MediaSet::put(const MediaSource& source, std::uint16_t index, const SdpMedia& media,
                   std::size_t lines_max) {
  auto line = std::ranges::find_if(lines_, [&](const MediaLine& known) {
    return known.source == source && known.endpoint.rtp == media.rtp &&
           known.endpoint.kind == media.kind;
  });
  if (line == lines_.end()) {
    if (!make_room(lines_max)) return false;
    line = lines_.insert(lines_.end(), MediaLine{});
    line->source = source;
  }
  changed_ = true;
  line->index = index;
  line->rtcp_mux = media.rtcp_mux;
  line->security = media.security;
  line->gone_at = {};
  line->endpoint.party = source.party;
  line->endpoint.rtp = media.rtp;
  line->endpoint.rtcp = announced_rtcp(media);
  line->endpoint.kind = media.kind;
  line->endpoint.direction = media.direction;
  line->endpoint.encrypted = false;
  if (!same_codecs(line->endpoint.codecs, media.codecs())) {
    line->endpoint.codecs = make_codecs(media.codecs());
  }
  return true;
}

bool MediaSet::keep_held(const MediaSource& source, std::uint16_t index, std::size_t lines_max) {
  const MediaLine* last = nullptr;
  for (const MediaLine& line : lines_) {
    const bool same_party = line.source.party == source.party && line.source.leg == source.leg;
    if (line.active() && same_party && line.index == index) last = &line;
  }
  if (last == nullptr || last->source == source) return true;
  MediaLine line = *last;  // A copy: making room may move what `last` points to.
  line.source = source;
  line.endpoint.direction = MediaDirection::kInactive;
  if (!make_room(lines_max)) return false;
  lines_.push_back(std::move(line));
  changed_ = true;
  return true;
}

bool MediaSet::make_room(std::size_t lines_max) {
  if (lines_.size() < lines_max) return true;
  const auto gone = std::ranges::find_if(lines_, [](const MediaLine& l) { return !l.active(); });
  if (gone == lines_.end()) return false;
  lines_.erase(gone);
  changed_ = true;
  return true;
}

void MediaSet::revive(std::uint32_t exchange) noexcept {
  for (MediaLine& line : lines_) {
    if (line.source.exchange == exchange) line.gone_at = {};
  }
  changed_ = true;
}

void MediaSet::expire(UnixNs now) {
  changed_ |= std::erase_if(lines_, [now](const MediaLine& l) {
                return !l.active() && l.gone_at <= now;
              }) != 0;
}

UnixNs MediaSet::next_expiry() const noexcept {
  UnixNs next;
  for (const MediaLine& line : lines_) {
    if (!line.active() && (!next.known() || line.gone_at < next)) next = line.gone_at;
  }
  return next;
}

const MediaLine* MediaSet::peer_of(const MediaLine& line) const noexcept {
  const auto peer = std::ranges::find_if(lines_, [&line](const MediaLine& other) {
    return other.source.party != line.source.party && other.source.leg == line.source.leg &&
           other.source.exchange == line.source.exchange && other.index == line.index;
  });
  return peer == lines_.end() ? nullptr : &*peer;
}

MediaEndpoint MediaSet::settled(const MediaLine& line) const {
  const MediaLine* peer = peer_of(line);
  MediaEndpoint endpoint = line.endpoint;
  // RFC 5761 section 5.1.1: multiplexed only if the answer says so too.
  if (line.rtcp_mux && (peer == nullptr || peer->rtcp_mux)) endpoint.rtcp = endpoint.rtp;
  endpoint.encrypted = line.security == SdpSecurity::kRequired ||
                       (line.security == SdpSecurity::kOffered && peer != nullptr &&
                        peer->security != SdpSecurity::kNone);
  return endpoint;
}

std::vector<MediaEndpoint> MediaSet::current() const {
  std::vector<MediaEndpoint> media;
  std::vector<const MediaLine*> described_by;  // Parallel to `media`.
  media.reserve(lines_.size());
  described_by.reserve(lines_.size());
  for (const MediaLine& line : lines_) {
    const auto known = std::ranges::find_if(
        media, [&line](const MediaEndpoint& m) { return same_place(m, line.endpoint); });
    if (known == media.end()) {
      media.push_back(settled(line));
      described_by.push_back(&line);
      continue;
    }
    const MediaLine*& best = described_by[static_cast<std::size_t>(known - media.begin())];
    if (!line.active()) continue;
    if (!best->active() || best->source.exchange <= line.source.exchange) {
      MediaEndpoint better = settled(line);
      if (best->active()) add_codecs(better.codecs, known->codecs);
      *known = std::move(better);
      best = &line;
    } else {
      add_codecs(known->codecs, line.endpoint.codecs);
    }
  }
  return media;
}

std::uint64_t fingerprint(const std::vector<MediaEndpoint>& media) noexcept {
  Fnv1a hash;
  for (const MediaEndpoint& m : media) {
    hash.add(m.party);
    hash.add(m.rtp.address);
    hash.add(m.rtp.port);
    hash.add(m.rtcp.address);
    hash.add(m.rtcp.port);
    hash.add(m.kind);
    hash.add(m.direction);
    hash.add(m.encrypted);
    hash.add(m.codecs.size());
    for (const Codec& codec : m.codecs) {
      hash.add(codec.payload_type);
      hash.add(codec.clock_hz);
      hash.add(codec.channels);
      hash.add(codec.name.size());
      hash.add_text(codec.name);
    }
  }
  return hash.value();
}

}  // namespace opptak::control::sip
