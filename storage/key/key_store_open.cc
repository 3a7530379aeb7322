#include <algorithm>

#include <fmt/format.h>
#include <sodium.h>

#include "storage/key/key_store_impl.h"

namespace opptak::storage {

namespace {

constexpr std::size_t kWindowBytes = 1U << 20;
constexpr std::uint64_t kFrameStepBytes = 64;

std::unexpected<KeyFailure> fail(KeyError error, std::string message) {
  return std::unexpected(KeyFailure{error, std::move(message)});
}

}  // namespace

// Reads the file front to back in large pieces.
class KeyStore::Impl::Window {
 public:
  Window(KeyFile& file, std::uint64_t size_bytes) noexcept : file_(file), size_(size_bytes) {}

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  // The caller asks for nothing past size(). Borrowed until the next call.
  [[nodiscard]] std::expected<std::span<const std::uint8_t>, KeyFailure> view(
      std::uint64_t offset_bytes, std::uint64_t bytes) {
    if (offset_bytes < start_ || offset_bytes + bytes > start_ + buffer_.size()) {
      start_ = offset_bytes;
      buffer_.resize(std::min<std::uint64_t>(std::max<std::uint64_t>(bytes, kWindowBytes),
                                             size_ - offset_bytes));
      if (auto read = file_.read(buffer_, start_); !read) {
        return std::unexpected(key_failure(read.error()));
      }
    }
    return std::span<const std::uint8_t>(buffer_).subspan(offset_bytes - start_, bytes);
  }

 private:
  KeyFile& file_;
  std::uint64_t size_;
  std::uint64_t start_ = 0;
  std::vector<std::uint8_t> buffer_;
};

std::expected<void, KeyFailure> KeyStore::Impl::load() {
  auto size = file_->size();
  if (!size) return std::unexpected(key_failure(size.error()));
  std::array<std::uint8_t, kKeyHeaderBytes> sector{};
  const auto present = std::span(sector).first(std::min<std::uint64_t>(*size, sector.size()));
  if (auto read = file_->read(present, 0); !read) return std::unexpected(key_failure(read.error()));
  const auto header = decode_key_file_header(present);
  if (!header) {
    const bool other = header.error() == KeyLayoutError::kOtherVersion;
    if (other) {
      return fail(KeyError::kOtherVersion,
                  fmt::format("the {} is of another version: use the program that wrote it",
                              file_->describe()));
    }
    // Nothing was ever committed to a file without a frame: its making was cut off.
    const bool never_used = *size <= kKeyHeaderBytes && may_become_key_file(present);
    if (options_.read_only || !never_used) {
      return fail(KeyError::kDamaged,
                  fmt::format("the {} is not a key store, or its header is damaged: restore it, "
                              "nothing can be decrypted without it",
                              file_->describe()));
    }
    return make_file();
  }
  id_ = header->id;
  const auto zero = vault_.unwrap(header->root_check, root_check_context(id_));
  if (!zero && zero.error().code == VaultError::kMismatch) {
    return fail(KeyError::kWrongRootKey,
                fmt::format("the {} was made with another root than the {}: put the right root "
                            "key in place, or name the right store",
                            file_->describe(), vault_.describe()));
  }
  if (!zero) return fail(KeyError::kFailed, zero.error().message);
  return read_frames(*size);
}

std::expected<void, KeyFailure> KeyStore::Impl::make_file() {
  KeyFileHeader header;
  randombytes_buf(header.id.data(), header.id.size());
  const std::array<std::uint8_t, kKeyBytes> zeros{};
  const auto check = vault_.wrap(RecordingKey(zeros), root_check_context(header.id));
  if (!check) return fail(KeyError::kFailed, check.error().message);
  header.root_check = *check;
  std::array<std::uint8_t, kKeyHeaderBytes> sector;
  encode_key_file_header(header, sector);
  if (auto written = file_->write(sector, 0); !written) {
    return std::unexpected(key_failure(written.error()));
  }
  if (auto synced = sync(); !synced) return synced;
  id_ = header.id;
  end_bytes_ = kKeyHeaderBytes;
  return {};
}

std::expected<void, KeyFailure> KeyStore::Impl::read_frames(std::uint64_t size_bytes) {
  Window window(*file_, size_bytes);
  end_bytes_ = kKeyHeaderBytes;
  for (;;) {
    Frame next;
    const auto valid = read_frame(window, end_bytes_, sequence_ + 1, next);
    if (!valid) return std::unexpected(valid.error());
    if (!*valid) break;
    if (auto applied = apply(next); !applied) return applied;
    ++sequence_;
    end_bytes_ += next.header.frame_bytes();
  }
  if (end_bytes_ < size_bytes) {
    const auto behind = valid_frame_behind(window, end_bytes_, sequence_ + 1);
    if (!behind) return std::unexpected(behind.error());
    if (*behind) {
      return fail(KeyError::kDamaged,
                  fmt::format("the {} is damaged at byte {}, with valid keys behind it: restore it "
                              "from its mirror; it was left as it is",
                              file_->describe(), end_bytes_));
    }
  }
  if (options_.read_only) return {};
  if (end_bytes_ < size_bytes) {
    if (auto cut = file_->truncate(end_bytes_); !cut) {
      return std::unexpected(key_failure(cut.error()));
    }
    if (auto synced = sync(); !synced) return synced;
  }
  if (auto redone = redo_erasures(end_bytes_); !redone) return redone;
  // On a full disk this fails, and the next create() says so.
  static_cast<void>(make_room(0, true));
  return {};
}

std::expected<bool, KeyFailure> KeyStore::Impl::read_frame(Window& window,
                                                           std::uint64_t offset_bytes,
                                                           std::uint64_t sequence,
                                                           Frame& frame) const {
  const std::uint64_t left_bytes = window.size() - offset_bytes;
  if (left_bytes < kFrameHeaderBytes) return false;
  auto bytes = window.view(offset_bytes, kFrameHeaderBytes);
  if (!bytes) return std::unexpected(bytes.error());
  const auto header = decode_frame_header(*bytes);
  if (!header || header->sequence < sequence || header->frame_bytes() > left_bytes) return false;
  bytes = window.view(offset_bytes, header->checked_bytes());
  if (!bytes) return std::unexpected(bytes.error());
  auto entries = decode_frame(id_, *bytes);
  if (!entries || header->sequence != sequence) return false;
  frame = {offset_bytes, *header, std::move(*entries)};
  return true;
}

std::expected<bool, KeyFailure> KeyStore::Impl::valid_frame_behind(Window& window,
                                                                   std::uint64_t offset_bytes,
                                                                   std::uint64_t sequence) const {
  for (; offset_bytes + kFrameHeaderBytes <= window.size(); offset_bytes += kFrameStepBytes) {
    auto bytes = window.view(offset_bytes, kFrameHeaderBytes);
    if (!bytes) return std::unexpected(bytes.error());
    const auto header = decode_frame_header(*bytes);
    // The torn frame itself may check, with slots missing behind it.
    if (!header || header->sequence <= sequence ||
        header->checked_bytes() > window.size() - offset_bytes) {
      continue;
    }
    bytes = window.view(offset_bytes, header->checked_bytes());
    if (!bytes) return std::unexpected(bytes.error());
    if (decode_frame(id_, *bytes)) return true;
  }
  return false;
}

std::expected<void, KeyFailure> KeyStore::Impl::apply(const Frame& frame) {
  std::uint64_t slot = frame.offset_bytes + frame.header.checked_bytes();
  for (const KeyEntry& entry : frame.entries) {
    if (entry.kind == KeyEntry::Kind::kCreate) {
      if (!slots_.emplace(entry.recording, Slot{slot, false}).second) {
        return fail(KeyError::kDamaged, fmt::format("the {} has two keys for recording {}",
                                                    file_->describe(), to_string(entry.recording)));
      }
      slot += kKeySlotBytes;
      continue;
    }
    const auto found = slots_.find(entry.recording);
    if (found == slots_.end() || found->second.erased) continue;
    found->second.erased = true;
    ++erased_;
  }
  return {};
}

std::expected<void, KeyFailure> KeyStore::Impl::redo_erasures(std::uint64_t size_bytes) {
  std::vector<std::uint64_t> offsets;
  for (const auto& [recording, slot] : slots_) {
    if (slot.erased) offsets.push_back(slot.offset_bytes);
  }
  std::sort(offsets.begin(), offsets.end());
  Window window(*file_, size_bytes);
  std::vector<std::uint64_t> to_zero;
  for (const std::uint64_t offset : offsets) {
    const auto slot = window.view(offset, kKeySlotBytes);
    if (!slot) return std::unexpected(slot.error());
    if (!sodium_is_zero(slot->data(), slot->size())) to_zero.push_back(offset);
  }
  return zero_slots(std::move(to_zero));
}

}  // namespace opptak::storage
