#include "control/sip/sdp.h"

#include <algorithm>

#include "control/sip/text.h"

namespace opptak::control::sip {

namespace {

// Dotted IPv4 without a system call's worth of generality; IPv6 goes through parse_address().
std::optional<IpAddress> parse_ip(std::string_view text) noexcept {
  if (text.find(':') != std::string_view::npos) return parse_address(text);
  std::array<std::uint8_t, 4> four{};
  for (std::size_t i = 0; i < four.size(); ++i) {
    const bool last = i + 1 == four.size();
    const std::size_t dot = last ? text.size() : text.find('.');
    if (dot > 3) return std::nullopt;
    const auto octet = parse_decimal(text.substr(0, dot), 255);
    if (!octet) return std::nullopt;
    four[i] = static_cast<std::uint8_t>(*octet);
    if (!last) text.remove_prefix(dot + 1);
  }
  return map_ipv4(four.data());
}

bool is_unspecified(const IpAddress& address) noexcept {
  static constexpr std::array<std::uint8_t, 4> kZero{};
  return address == IpAddress{} || address == map_ipv4(kZero.data());
}

// "IN IP4 192.0.2.1/127" (RFC 8866 section 5.7): nothing for host names.
std::optional<IpAddress> parse_connection(std::string_view value) noexcept {
  if (!equals_lower(take_word(value), "in")) return std::nullopt;
  static_cast<void>(take_word(value));  // IP4 or IP6: the address itself tells.
  std::string_view address = take_word(value);
  return parse_ip(take_until(address, '/'));
}

MediaKind parse_kind(std::string_view word) noexcept {
  if (equals_lower(word, "audio")) return MediaKind::kAudio;
  if (equals_lower(word, "video")) return MediaKind::kVideo;
  if (equals_lower(word, "image")) return MediaKind::kImage;
  return MediaKind::kOther;
}

struct Transport {
  bool udp = true;
  bool rtp = false;
  SdpSecurity security = SdpSecurity::kNone;
};

// "RTP/AVP", "UDP/TLS/RTP/SAVPF", "udptl", "TCP/MSRP" (RFC 8866 section 8.2.2).
Transport parse_transport(std::string_view protocol) noexcept {
  Transport transport;
  while (!protocol.empty()) {
    const std::string_view layer = take_until(protocol, '/');
    if (equals_lower(layer, "tcp")) {
      transport.udp = false;
    } else if (equals_lower(layer, "rtp")) {
      transport.rtp = true;
    } else if (starts_with_lower(layer, "savp")) {
      transport.security = SdpSecurity::kRequired;
    }
  }
  return transport;
}

class SdpScanner {
 public:
  explicit SdpScanner(Sdp& out) noexcept : out_(out) {}

  void line(char type, std::string_view value) noexcept {
    switch (type) {
      case 'm':
        open_media(value);
        break;
      case 'c':
        connection(value);
        break;
      case 'a':
        attribute(trim(value));
        break;
      default:
        break;
    }
  }

 private:
  void open_media(std::string_view value) noexcept {
    in_media_ = true;
    if (out_.media_count == kSdpMediaMax) {
      media_ = nullptr;
      ++out_.media_left_out;
      return;
    }
    media_ = &out_.media_array[out_.media_count++];
    media_->kind = parse_kind(take_word(value));
    std::string_view ports = take_word(value);
    const auto port = parse_decimal(take_until(ports, '/'), 65'535);
    if (!port) ++out_.bad_lines;  // Its place among the m= lines counts all the same.
    media_->port = static_cast<std::uint16_t>(port.value_or(0));
    const Transport transport = parse_transport(take_word(value));
    media_->udp = transport.udp;
    media_->rtp_profile = transport.rtp;
    media_->security = std::max(transport.security, session_security_);
    media_->direction = session_direction_;
    media_->rtcp_mux = false;
    media_->ptime_ms = 0;
    media_->rtcp_port.reset();
    media_->rtcp_address.reset();
    media_->codec_count = 0;
    has_own_connection_ = false;
    set_address(session_address_);
    if (transport.rtp) payload_types(value);
  }

  void payload_types(std::string_view formats) noexcept {
    for (auto word = take_word(formats); !word.empty(); word = take_word(formats)) {
      const auto type = parse_decimal(word, 127);
      if (!type || media_->codec_count == kSdpCodecsMax) continue;
      const auto payload_type = static_cast<std::uint8_t>(*type);
      media_->codec_array[media_->codec_count++] =
          static_codec(payload_type).value_or(SdpCodec{payload_type, 1, 0, {}});
    }
  }

  void set_address(const std::optional<IpAddress>& address) noexcept {
    media_->has_address = address.has_value();
    media_->rtp = Endpoint{address.value_or(IpAddress{}), media_->port};
    media_->held_by_address = address && is_unspecified(*address);
  }

  void connection(std::string_view value) noexcept {
    const auto address = parse_connection(value);
    if (!in_media_) {
      if (!session_address_) session_address_ = address;
    } else if (media_ != nullptr && !has_own_connection_) {
      has_own_connection_ = true;  // Further ones are multicast layers: the first is the base.
      set_address(address);
    }
  }

  void attribute(std::string_view text) noexcept {
    if (in_media_ && media_ == nullptr) return;
    std::string_view value = text;
    const std::string_view name = take_until(value, ':');
    switch (name.empty() ? '\0' : to_lower(name.front())) {
      case 'r':
        receiving_attribute(name, value);
        break;
      case 's':
        if (equals_lower(name, "sendrecv")) set_direction(MediaDirection::kSendRecv);
        if (equals_lower(name, "sendonly")) set_direction(MediaDirection::kSendOnly);
        break;
      case 'i':
        if (equals_lower(name, "inactive")) set_direction(MediaDirection::kInactive);
        break;
      case 'p':
        if (in_media_ && equals_lower(name, "ptime")) {
          media_->ptime_ms =
              static_cast<std::uint16_t>(parse_decimal(take_word(value), 65'535).value_or(0));
        }
        break;
      case 'c':
        if (equals_lower(name, "crypto")) offer_security();
        break;
      case 'f':
        if (equals_lower(name, "fingerprint")) offer_security();
        break;
      default:
        break;
    }
  }

  void receiving_attribute(std::string_view name, std::string_view value) noexcept {
    if (equals_lower(name, "recvonly")) {
      set_direction(MediaDirection::kRecvOnly);
    } else if (in_media_ && equals_lower(name, "rtpmap")) {
      rtpmap(value);
    } else if (in_media_ && equals_lower(name, "rtcp-mux")) {
      media_->rtcp_mux = true;
    } else if (in_media_ && equals_lower(name, "rtcp")) {
      const auto port = parse_decimal(take_word(value), 65'535);
      if (!port) {
        ++out_.bad_lines;
        return;
      }
      media_->rtcp_port = static_cast<std::uint16_t>(*port);
      media_->rtcp_address = parse_connection(value);
    }
  }

  void rtpmap(std::string_view value) noexcept {
    const auto type = parse_decimal(take_word(value), 127);
    std::string_view encoding = take_word(value);
    const std::string_view name = take_until(encoding, '/');
    if (!type || name.empty()) {
      ++out_.bad_lines;
      return;
    }
    const auto clock_hz = parse_decimal(take_until(encoding, '/'));
    const auto channels = parse_decimal(encoding, 255);
    for (std::size_t i = 0; i < media_->codec_count; ++i) {
      SdpCodec& codec = media_->codec_array[i];
      if (codec.payload_type != *type) continue;
      codec.name = name;
      codec.clock_hz = clock_hz.value_or(8'000);
      codec.channels = static_cast<std::uint8_t>(channels.value_or(1));
      return;
    }
  }

  void set_direction(MediaDirection direction) noexcept {
    (in_media_ ? media_->direction : session_direction_) = direction;
  }

  void offer_security() noexcept {
    SdpSecurity& security = in_media_ ? media_->security : session_security_;
    security = std::max(security, SdpSecurity::kOffered);
  }

  Sdp& out_;
  SdpMedia* media_ = nullptr;  // Null in the session part, and for m= lines beyond the maximum.
  bool in_media_ = false;
  bool has_own_connection_ = false;
  std::optional<IpAddress> session_address_;
  MediaDirection session_direction_ = MediaDirection::kSendRecv;
  SdpSecurity session_security_ = SdpSecurity::kNone;
};

}  // namespace

std::expected<void, SdpError> scan_sdp(std::string_view text, bool truncated, Sdp& out) noexcept {
  out.media_count = 0;
  out.bad_lines = 0;
  out.media_left_out = 0;
  text = trim_left(text);
  if (!text.starts_with("v=")) return std::unexpected(SdpError::kNotSdp);
  SdpScanner scanner(out);
  while (!text.empty()) {
    if (truncated && text.find('\n') == std::string_view::npos) break;
    const std::string_view line = take_line(text);
    if (line.size() >= 2 && line[1] == '=') {
      scanner.line(line[0], line.substr(2));
    } else if (!trim(line).empty()) {
      ++out.bad_lines;
    }
  }
  return {};
}

}  // namespace opptak::control::sip
