#include "dataplane/port/capture_port.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include <pcap/pcap.h>

namespace opptak::dataplane {

namespace {

constexpr std::int64_t kBurstSpanNs = 20 * kNsPerMs;
constexpr std::size_t kBurstBytes = std::size_t{1} << 20;

std::optional<LinkType> link_type(int datalink) {
  switch (datalink) {
    case DLT_EN10MB:
      return LinkType::kEthernet;
    case DLT_LINUX_SLL:
      return LinkType::kLinuxCooked;
    case DLT_LINUX_SLL2:
      return LinkType::kLinuxCooked2;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
      return LinkType::kRawIp;
    case DLT_NULL:
    case DLT_LOOP:
      return LinkType::kNullLoopback;
    case DLT_PPP:
    case DLT_PPP_SERIAL:
      return LinkType::kPpp;
    default:
      return std::nullopt;
  }
}

struct PcapClose {
  void operator()(pcap_t* pcap) const noexcept { pcap_close(pcap); }
};
using PcapHandle = std::unique_ptr<pcap_t, PcapClose>;

std::expected<PcapHandle, std::string> open_file(const std::string& file) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  PcapHandle pcap{pcap_open_offline_with_tstamp_precision(file.c_str(), PCAP_TSTAMP_PRECISION_NANO,
                                                          error.data())};
  if (pcap == nullptr) {
    return std::unexpected("capture " + file + " cannot be read: " + error.data());
  }
  if (!link_type(pcap_datalink(pcap.get()))) {
    const char* name = pcap_datalink_val_to_name(pcap_datalink(pcap.get()));
    return std::unexpected("capture " + file + " has link type " +
                           (name != nullptr ? name : std::to_string(pcap_datalink(pcap.get()))) +
                           ", which is not supported: convert it to Ethernet");
  }
  return pcap;
}

// One file, one packet read ahead.
class Source {
 public:
  Source(std::string file, PcapHandle pcap)
      : file_(std::move(file)),
        pcap_(std::move(pcap)),
        link_(link_type(pcap_datalink(pcap_.get())).value()) {
    advance();
  }

  [[nodiscard]] bool has_packet() const noexcept { return data_ != nullptr; }
  [[nodiscard]] UnixNs time() const noexcept { return time_; }
  [[nodiscard]] std::span<const std::uint8_t> data() const noexcept { return {data_, bytes_}; }
  [[nodiscard]] LinkType link() const noexcept { return link_; }
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

  void advance() {
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    const int result = pcap_next_ex(pcap_.get(), &header, &data);
    data_ = nullptr;
    if (result == 1) {
      data_ = data;
      bytes_ = header->caplen;
      // In nanosecond precision libpcap puts nanoseconds into tv_usec.
      time_ = {header->ts.tv_sec * kNsPerSecond + header->ts.tv_usec};
      ++packets_;
    } else if (result == PCAP_ERROR) {
      error_ = "capture " + file_ + " is cut or damaged after packet " + std::to_string(packets_) +
               ": " + pcap_geterr(pcap_.get());
    }
  }

 private:
  std::string file_;
  PcapHandle pcap_;
  LinkType link_;
  const std::uint8_t* data_ = nullptr;
  std::uint32_t bytes_ = 0;
  UnixNs time_;
  std::uint64_t packets_ = 0;
  std::string error_;
};

class CaptureQueue final : public RxQueue {
 public:
  CaptureQueue(CaptureOptions options, std::vector<Source> sources)
      : options_(std::move(options)), sources_(std::move(sources)), buffer_(kBurstBytes) {}

  std::size_t burst(std::span<Frame> frames) override {
    std::size_t count = 0;
    std::size_t used = 0;
    UnixNs first;
    for (Source* source; count < frames.size() && (source = next_source()) != nullptr;) {
      const UnixNs arrival = arrival_of(source->time());
      if (options_.real_time && arrival > system_now()) break;
      if (count > 0 && arrival - first > kBurstSpanNs) break;
      const auto data = source->data();
      if (used + data.size() > buffer_.size()) {
        if (count > 0) break;
        buffer_.resize(data.size());
      }
      std::memcpy(buffer_.data() + used, data.data(), data.size());
      frames[count] = {buffer_.data() + used, static_cast<std::uint32_t>(data.size()),
                       source->link(), arrival};
      if (count == 0) first = arrival;
      used += data.size();
      ++count;
      source->advance();
      note_error(*source);
    }
    if (count == 0 && next_source() == nullptr) restart_or_end();
    return count;
  }

  void release() override {}
  [[nodiscard]] bool ended() const override { return ended_; }
  [[nodiscard]] bool live() const override { return options_.real_time; }
  [[nodiscard]] std::string error() const override { return error_; }

 private:
  [[nodiscard]] Source* next_source() noexcept {
    Source* earliest = nullptr;
    for (Source& source : sources_) {
      if (source.has_packet() && (earliest == nullptr || source.time() < earliest->time())) {
        earliest = &source;
      }
    }
    return earliest;
  }

  [[nodiscard]] UnixNs arrival_of(UnixNs time) noexcept {
    if (!options_.real_time) return time;
    if (!shift_) shift_ = system_now() - time;
    return time + *shift_;
  }

  void note_error(const Source& source) {
    if (error_.empty()) error_ = source.error();
  }

  void restart_or_end() {
    for (const Source& source : sources_) note_error(source);
    if (!options_.loop || !options_.real_time) {
      ended_ = true;
      return;
    }
    std::vector<Source> again;
    for (const std::string& file : options_.files) {
      auto pcap = open_file(file);
      if (pcap) again.emplace_back(file, std::move(*pcap));
    }
    sources_ = std::move(again);
    shift_.reset();
    ended_ = sources_.empty();
  }

  CaptureOptions options_;
  std::vector<Source> sources_;
  std::vector<std::uint8_t> buffer_;
  std::optional<std::int64_t> shift_;
  bool ended_ = false;
  std::string error_;
};

}  // namespace

std::expected<CaptureOptions, std::string> parse_capture_device(const std::string& device) {
  constexpr std::string_view kPrefix = "capture:";
  CaptureOptions options;
  std::string_view rest = std::string_view(device).substr(kPrefix.size());
  const std::size_t mark = rest.find('?');
  std::string_view arguments = mark == std::string_view::npos ? "" : rest.substr(mark + 1);
  rest = rest.substr(0, mark);
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    options.files.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  while (!arguments.empty()) {
    const std::size_t end = std::min(arguments.find('&'), arguments.size());
    const std::string_view argument = arguments.substr(0, end);
    if (argument == "pace=realtime")
      options.real_time = true;
    else if (argument == "loop=1")
      options.loop = true;
    else
      return std::unexpected("port " + device + ": only pace=realtime and loop=1 may follow");
    arguments.remove_prefix(std::min(end + 1, arguments.size()));
  }
  if (options.files.empty()) return std::unexpected("port " + device + " names no file");
  return options;
}

std::expected<std::unique_ptr<RxQueue>, std::string> open_capture(const CaptureOptions& options) {
  std::vector<Source> sources;
  for (const std::string& file : options.files) {
    auto pcap = open_file(file);
    if (!pcap) return std::unexpected(pcap.error());
    sources.emplace_back(file, std::move(*pcap));
  }
  return std::make_unique<CaptureQueue>(options, std::move(sources));
}

}  // namespace opptak::dataplane
