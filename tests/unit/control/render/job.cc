#include "tests/unit/control/render/job.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <cstring>
#include <numbers>
#include <span>

#include <gtest/gtest.h>

#include "storage/base/bytes.h"

namespace opptak::control::render::test {

std::vector<std::int16_t> tone(double tone_hz, std::uint32_t sample_hz, std::size_t samples) {
  std::vector<std::int16_t> made(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    const double phase = 2 * std::numbers::pi * tone_hz * static_cast<double>(i) / sample_hz;
    made[i] = static_cast<std::int16_t>(std::lrint(kAmplitude * std::sin(phase)));
  }
  return made;
}

std::vector<std::uint8_t> encode_pcmu(const std::vector<std::int16_t>& samples) {
  std::vector<std::uint8_t> coded;
  for (const std::int16_t sample : samples) {
    const int sign = sample < 0 ? 0x80 : 0;
    const int magnitude = std::min(std::abs(static_cast<int>(sample)), 32'635) + 132;
    int exponent = 7;
    while (exponent > 0 && (magnitude & (0x80 << exponent)) == 0) --exponent;
    const int mantissa = magnitude >> (exponent + 3) & 15;
    coded.push_back(static_cast<std::uint8_t>(~(sign | exponent << 4 | mantissa)));
  }
  return coded;
}

std::vector<std::uint8_t> encode_pcma(const std::vector<std::int16_t>& samples) {
  std::vector<std::uint8_t> coded;
  for (const std::int16_t sample : samples) {
    const int sign = sample >= 0 ? 0x80 : 0;
    const int magnitude = std::min(sample >= 0 ? sample : -sample - 1, 32'635) >> 4;
    int exponent = 0;
    while (magnitude >> exponent > 31) ++exponent;
    const int segment = magnitude > 15 ? exponent + 1 : 0;
    const int mantissa = magnitude >> std::max(segment - 1, 0) & 15;
    coded.push_back(static_cast<std::uint8_t>((sign | segment << 4 | mantissa) ^ 0x55));
  }
  return coded;
}

PipeCodec named(std::uint8_t payload_type, std::uint32_t clock_hz, std::string_view name) {
  return {.payload_type = payload_type, .channels = 1, .clock_hz = clock_hz, .name = name};
}

std::vector<JobPacket> packets_of(const std::vector<std::uint8_t>& coded, std::size_t payload_bytes,
                                  std::uint32_t ticks, JobPacket first) {
  std::vector<JobPacket> packets;
  for (std::size_t at = 0; at + payload_bytes <= coded.size(); at += payload_bytes) {
    const auto payload = std::span(coded).subspan(at, payload_bytes);
    first.payload.assign(payload.begin(), payload.end());
    packets.push_back(first);
    first.arrival_us += 20'000;
    first.timestamp += ticks;
    ++first.sequence;
  }
  return packets;
}

std::vector<std::uint8_t> job_of(const std::vector<PipeStream>& streams,
                                 const std::vector<JobPacket>& packets, JobHeader header) {
  PipeWriter writer;
  writer.header(header);
  for (const PipeStream& stream : streams) writer.stream(stream);
  for (const JobPacket& packet : packets) {
    EXPECT_TRUE(writer.packet({.stream = packet.stream,
                               .arrival_us = packet.arrival_us,
                               .timestamp = packet.timestamp,
                               .sequence = packet.sequence,
                               .marker_and_type = packet.payload_type,
                               .payload = packet.payload}));
  }
  writer.end();
  return std::move(writer.bytes());
}

Wav parse_wav(const std::vector<std::uint8_t>& file) {
  Wav wav;
  if (file.size() < 44) {
    ADD_FAILURE() << "WAV of " << file.size() << " bytes";
    return wav;
  }
  EXPECT_EQ(std::memcmp(file.data(), "RIFF", 4), 0);
  EXPECT_EQ(load_le<std::uint32_t>(&file[4]), file.size() - 8);
  EXPECT_EQ(std::memcmp(&file[8], "WAVEfmt ", 8), 0);
  EXPECT_EQ(load_le<std::uint16_t>(&file[20]), 1);
  EXPECT_EQ(load_le<std::uint16_t>(&file[22]), 2);
  wav.sample_hz = load_le<std::uint32_t>(&file[24]);
  EXPECT_EQ(load_le<std::uint32_t>(&file[28]), wav.sample_hz * 4);
  EXPECT_EQ(load_le<std::uint16_t>(&file[32]), 4);
  EXPECT_EQ(load_le<std::uint16_t>(&file[34]), 16);
  EXPECT_EQ(std::memcmp(&file[36], "data", 4), 0);
  EXPECT_EQ(load_le<std::uint32_t>(&file[40]), file.size() - 44);
  for (std::size_t at = 44; at + 4 <= file.size(); at += 4) {
    wav.left.push_back(static_cast<std::int16_t>(load_le<std::uint16_t>(&file[at])));
    wav.right.push_back(static_cast<std::int16_t>(load_le<std::uint16_t>(&file[at + 2])));
  }
  return wav;
}

double snr_db(const std::vector<std::int16_t>& samples, std::size_t at, std::size_t count,
              double tone_hz, std::uint32_t sample_hz, double tone_at) {
  if (at + count > samples.size()) return -100;
  double signal = 0;
  double noise = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    const double phase =
        2 * std::numbers::pi * tone_hz * (static_cast<double>(i) - tone_at) / sample_hz;
    const double wanted = kAmplitude * std::sin(phase);
    signal += wanted * wanted;
    noise += (samples[i] - wanted) * (samples[i] - wanted);
  }
  return 10 * std::log10(signal / std::max(noise, 1e-9));
}

double strength(const std::vector<std::int16_t>& samples, std::size_t at, std::size_t count,
                double tone_hz, std::uint32_t sample_hz) {
  if (at + count > samples.size()) return 0;
  std::complex<double> sum = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    const double phase = 2 * std::numbers::pi * tone_hz * static_cast<double>(i) / sample_hz;
    sum += static_cast<double>(samples[i]) * std::polar(1.0, -phase);
  }
  return 2 * std::abs(sum) / static_cast<double>(count) / kAmplitude;
}

bool silent(const std::vector<std::int16_t>& samples, std::size_t at, std::size_t count) {
  if (at + count > samples.size()) return false;
  return std::all_of(samples.begin() + static_cast<std::ptrdiff_t>(at),
                     samples.begin() + static_cast<std::ptrdiff_t>(at + count),
                     [](std::int16_t sample) { return std::abs(sample) <= 8; });
}

}  // namespace opptak::control::render::test
