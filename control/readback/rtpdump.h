// rtpdump files as rtptools' rtpplay and Wireshark read them ("#!rtpplay1.0"): a line of text,
// a header of 16 bytes, then each packet whole behind its length and its time in ms. Big endian.
// Pure; one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "storage/base/endpoint.h"
#include "storage/base/time.h"
#include "storage/block/packet_record.h"

namespace opptak::control::readback {

// The UDP payload as it came: header, CSRCs, extension, payload, padding.
void rebuild_rtp(const storage::RtpRecord& packet, std::uint32_t ssrc,
                 std::vector<std::uint8_t>& datagram);

class RtpdumpWriter {
 public:
  // The file's header names where the packets came from and when the first one did.
  RtpdumpWriter(const StreamKey& stream, UnixNs first_arrival);

  void add(const storage::RtpRecord& packet);
  [[nodiscard]] const std::vector<std::uint8_t>& bytes() const noexcept { return bytes_; }

 private:
  std::uint32_t ssrc_;
  std::uint64_t start_us_;
  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint8_t> datagram_;
};

}  // namespace opptak::control::readback
