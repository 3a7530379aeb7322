// Makes jobs for opptak-render out of tones, and looks at what comes back.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "control/render/pipe.h"

namespace opptak::control::render::test {

inline constexpr std::uint64_t kStartUs = 1'700'000'000'000'000;
inline constexpr double kAmplitude = 10'000;

// A 16-bit sine of the given frequency; sample 0 is at phase 0.
std::vector<std::int16_t> tone(double tone_hz, std::uint32_t sample_hz, std::size_t samples);

// ITU-T G.711.
std::vector<std::uint8_t> encode_pcmu(const std::vector<std::int16_t>& samples);
std::vector<std::uint8_t> encode_pcma(const std::vector<std::int16_t>& samples);

PipeCodec named(std::uint8_t payload_type, std::uint32_t clock_hz, std::string_view name);

struct JobPacket {
  std::uint16_t stream = 0;
  std::uint64_t arrival_us = kStartUs;
  std::uint32_t timestamp = 0;
  std::uint16_t sequence = 0;
  std::uint8_t payload_type = 0;
  std::vector<std::uint8_t> payload{};
};

// Cuts coded audio into packets of `payload_bytes`, `ticks` and 20 ms each.
std::vector<JobPacket> packets_of(const std::vector<std::uint8_t>& coded, std::size_t payload_bytes,
                                  std::uint32_t ticks, JobPacket first);

std::vector<std::uint8_t> job_of(const std::vector<PipeStream>& streams,
                                 const std::vector<JobPacket>& packets,
                                 JobHeader header = {
                                     .sample_rate_hz = 0, .seconds_max = 0, .start_us = kStartUs});

// One channel of a WAV file as opptak-render writes it; checks the header on the way.
struct Wav {
  std::uint32_t sample_hz = 0;
  std::vector<std::int16_t> left;
  std::vector<std::int16_t> right;
};
Wav parse_wav(const std::vector<std::uint8_t>& file);

// Signal to noise in dB of samples [at, at + count) against the tone that starts at `tone_at`.
double snr_db(const std::vector<std::int16_t>& samples, std::size_t at, std::size_t count,
              double tone_hz, std::uint32_t sample_hz, double tone_at);

// How strong a tone is in samples [at, at + count): 1 for the whole of kAmplitude.
double strength(const std::vector<std::int16_t>& samples, std::size_t at, std::size_t count,
                double tone_hz, std::uint32_t sample_hz);

bool silent(const std::vector<std::int16_t>& samples, std::size_t at, std::size_t count);

}  // namespace opptak::control::render::test
