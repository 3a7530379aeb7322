#include "control/render/engine/decoder.h"

#include <algorithm>
#include <cmath>
#include <utility>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
}

namespace opptak::control::render {
namespace {

// Longest packet that any codec here makes of one payload: Opus 120 ms, L16 by its bytes.
constexpr int kSamplesMax = 48'000;

struct FreeContext {
  void operator()(AVCodecContext* context) const noexcept { avcodec_free_context(&context); }
};
struct FreePacket {
  void operator()(AVPacket* packet) const noexcept { av_packet_free(&packet); }
};
struct FreeFrame {
  void operator()(AVFrame* frame) const noexcept { av_frame_free(&frame); }
};
struct FreeResampler {
  void operator()(SwrContext* resampler) const noexcept { swr_free(&resampler); }
};
using Resampler = std::unique_ptr<SwrContext, FreeResampler>;

AVCodecID id_of(CodecKind kind) noexcept {
  switch (kind) {
    case CodecKind::kPcmu:
      return AV_CODEC_ID_PCM_MULAW;
    case CodecKind::kPcma:
      return AV_CODEC_ID_PCM_ALAW;
    case CodecKind::kG722:
      return AV_CODEC_ID_ADPCM_G722;
    case CodecKind::kG723:
      return AV_CODEC_ID_G723_1;
    case CodecKind::kG726:
      return AV_CODEC_ID_ADPCM_G726LE;  // RFC 3551 section 4.5.4 packs from the low bits up.
    case CodecKind::kG729:
      return AV_CODEC_ID_G729;
    case CodecKind::kGsm:
      return AV_CODEC_ID_GSM;
    case CodecKind::kIlbc:
      return AV_CODEC_ID_ILBC;
    case CodecKind::kL16:
      return AV_CODEC_ID_PCM_S16BE;
    case CodecKind::kAmr:
      return AV_CODEC_ID_AMR_NB;
    case CodecKind::kAmrWb:
      return AV_CODEC_ID_AMR_WB;
    case CodecKind::kOpus:
      return AV_CODEC_ID_OPUS;
    default:
      return AV_CODEC_ID_NONE;
  }
}

std::int16_t to_int16(float sample) noexcept {
  if (!std::isfinite(sample)) return 0;
  return static_cast<std::int16_t>(std::lrint(std::clamp(sample * 32768.0F, -32768.0F, 32767.0F)));
}

// One sample of one channel, whatever the decoder's format; the caller has checked the format.
std::int16_t sample_at(const AVFrame& frame, int channel, int channels, int index) noexcept {
  const auto format = static_cast<AVSampleFormat>(frame.format);
  const bool planar = av_sample_fmt_is_planar(format) != 0;
  const std::uint8_t* plane = frame.extended_data[planar ? channel : 0];
  const int at = planar ? index : index * channels + channel;
  if (av_get_packed_sample_fmt(format) == AV_SAMPLE_FMT_FLT) {
    return to_int16(reinterpret_cast<const float*>(plane)[at]);
  }
  return reinterpret_cast<const std::int16_t*>(plane)[at];
}

bool known_format(int format) noexcept {
  const auto packed = av_get_packed_sample_fmt(static_cast<AVSampleFormat>(format));
  return packed == AV_SAMPLE_FMT_FLT || packed == AV_SAMPLE_FMT_S16;
}

}  // namespace

class Decoder::Impl {
 public:
  Impl(const Codec& codec, std::uint32_t output_hz)
      : codec_(codec), splitter_(codec), output_hz_(static_cast<int>(output_hz)) {}

  [[nodiscard]] bool open() {
    packet_.reset(av_packet_alloc());
    frame_.reset(av_frame_alloc());
    return packet_ && frame_ && open_codec(0);
  }

  bool decode(std::span<const std::uint8_t> payload, std::vector<std::int16_t>& out) {
    const auto frames = splitter_.split(payload);
    if (!frames) return false;
    mono_.clear();
    bool used = false;
    for (const CodedFrame& coded : *frames) {
      if (coded.bytes.empty()) {
        mono_.resize(mono_.size() + coded.silence_samples);
        used = true;
      } else {
        used |= decode_frame(coded.bytes);
      }
    }
    consumed_ += static_cast<std::int64_t>(mono_.size());
    resample(out);
    return used;
  }

  void drain(std::vector<std::int16_t>& out) {
    if (resampler_) {
      const std::size_t before = out.size();
      const auto missing = produced() - emitted_;
      mono_.clear();
      convert(out, nullptr, 0);
      // The filter's tail may be longer than the audio that it stands for.
      const auto kept =
          std::clamp<std::int64_t>(missing, 0, static_cast<std::int64_t>(out.size() - before));
      out.resize(before + static_cast<std::size_t>(kept));
      resampler_.reset();
    }
    consumed_ = emitted_ = 0;
    avcodec_flush_buffers(context_.get());
  }

  [[nodiscard]] std::int64_t produced() const noexcept {
    return consumed_ * output_hz_ / input_hz_;
  }

 private:
  bool open_codec(int block_align) {
    const AVCodec* found = avcodec_find_decoder(id_of(codec_.kind));
    if (found == nullptr) return false;
    context_.reset(avcodec_alloc_context3(found));
    if (!context_) return false;
    context_->thread_count = 1;  // The sandbox allows no threads.
    context_->sample_rate = static_cast<int>(codec_.sample_hz);
    av_channel_layout_default(&context_->ch_layout, codec_.channels);
    context_->bits_per_coded_sample = codec_.bits_per_sample;
    context_->block_align = block_align;
    context_->pkt_timebase = {1, static_cast<int>(codec_.sample_hz)};
    input_hz_ = static_cast<int>(codec_.sample_hz);
    if (codec_.kind == CodecKind::kIlbc && block_align == 0) return true;  // By its first frame.
    block_align_ = block_align;
    return avcodec_open2(context_.get(), found, nullptr) == 0;
  }

  bool decode_frame(std::span<const std::uint8_t> bytes) {
    const auto size = static_cast<int>(bytes.size());
    if (codec_.kind == CodecKind::kIlbc && block_align_ != size && !open_codec(size)) return false;
    if (av_new_packet(packet_.get(), size) != 0) return false;  // With the padding it needs.
    std::ranges::copy(bytes, packet_->data);
    const bool sent = avcodec_send_packet(context_.get(), packet_.get()) == 0;
    av_packet_unref(packet_.get());
    bool heard = false;
    while (sent && avcodec_receive_frame(context_.get(), frame_.get()) == 0) {
      heard |= take_frame();
      av_frame_unref(frame_.get());
    }
    return heard;
  }

  bool take_frame() {
    const int channels = frame_->ch_layout.nb_channels;
    const int samples = frame_->nb_samples;
    if (!known_format(frame_->format) || channels < 1 || channels > 2 || samples > kSamplesMax ||
        frame_->sample_rate != input_hz_) {
      return false;
    }
    for (int i = 0; i < samples; ++i) {
      int sum = 0;
      for (int channel = 0; channel < channels; ++channel) {
        sum += sample_at(*frame_, channel, channels, i);
      }
      mono_.push_back(static_cast<std::int16_t>(sum / channels));
    }
    return true;
  }

  void resample(std::vector<std::int16_t>& out) {
    if (input_hz_ == output_hz_) {
      out.insert(out.end(), mono_.begin(), mono_.end());
      emitted_ += static_cast<std::int64_t>(mono_.size());
      return;
    }
    if (!resampler_ && !open_resampler()) return;
    const std::uint8_t* in = reinterpret_cast<const std::uint8_t*>(mono_.data());
    convert(out, &in, static_cast<int>(mono_.size()));
  }

  // in == nullptr: what the filter still holds.
  void convert(std::vector<std::int16_t>& out, const std::uint8_t** in, int in_samples) {
    const int room = swr_get_out_samples(resampler_.get(), in_samples);
    if (room <= 0) return;
    const std::size_t before = out.size();
    out.resize(before + static_cast<std::size_t>(room));
    auto* at = reinterpret_cast<std::uint8_t*>(out.data() + before);
    const int made = swr_convert(resampler_.get(), &at, room, in, in_samples);
    out.resize(before + static_cast<std::size_t>(std::max(made, 0)));
    emitted_ += std::max(made, 0);
  }

  bool open_resampler() {
    AVChannelLayout mono{};
    av_channel_layout_default(&mono, 1);
    SwrContext* made = nullptr;
    const int status = swr_alloc_set_opts2(&made, &mono, AV_SAMPLE_FMT_S16, output_hz_, &mono,
                                           AV_SAMPLE_FMT_S16, input_hz_, 0, nullptr);
    resampler_.reset(made);
    if (status == 0 && swr_init(resampler_.get()) == 0) return true;
    resampler_.reset();
    return false;
  }

  Codec codec_;
  FrameSplitter splitter_;
  int output_hz_;
  int input_hz_ = 8'000;
  int block_align_ = 0;
  std::unique_ptr<AVCodecContext, FreeContext> context_;
  std::unique_ptr<AVPacket, FreePacket> packet_;
  std::unique_ptr<AVFrame, FreeFrame> frame_;
  Resampler resampler_;
  std::vector<std::int16_t> mono_;
  std::int64_t consumed_ = 0;  // Samples at input_hz_.
  std::int64_t emitted_ = 0;   // Samples at output_hz_.
};

Decoder::Decoder(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Decoder::~Decoder() = default;

std::unique_ptr<Decoder> Decoder::create(const Codec& codec, std::uint32_t output_hz) {
  auto impl = std::make_unique<Impl>(codec, output_hz);
  if (!impl->open()) return nullptr;
  return std::unique_ptr<Decoder>(new Decoder(std::move(impl)));
}

bool Decoder::decode(std::span<const std::uint8_t> payload, std::vector<std::int16_t>& out) {
  return impl_->decode(payload, out);
}

void Decoder::drain(std::vector<std::int16_t>& out) { impl_->drain(out); }

std::int64_t Decoder::produced() const noexcept { return impl_->produced(); }

}  // namespace opptak::control::render
