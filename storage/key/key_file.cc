#include "storage/key/key_file.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/base/file.h"

namespace opptak::storage {

namespace {

class RealKeyFile final : public KeyFile {
 public:
  RealKeyFile(std::filesystem::path path, UniqueFd file) noexcept
      : path_(std::move(path)), file_(std::move(file)) {}

  std::expected<std::uint64_t, KeyFileFailure> size() override {
    struct stat status{};
    if (::fstat(file_.get(), &status) != 0) return fail("read", errno);
    return static_cast<std::uint64_t>(status.st_size);
  }
  std::expected<void, KeyFileFailure> read(std::span<std::uint8_t> to,
                                           std::uint64_t offset_bytes) override {
    return result("read", read_all(file_.get(), to, offset_bytes));
  }
  std::expected<void, KeyFileFailure> write(std::span<const std::uint8_t> from,
                                            std::uint64_t offset_bytes) override {
    return result("written", write_all(file_.get(), from, offset_bytes));
  }
  std::expected<void, KeyFileFailure> sync() override {
    return result("synced", ::fdatasync(file_.get()) == 0 ? 0 : errno);
  }
  std::expected<void, KeyFileFailure> truncate(std::uint64_t bytes) override {
    return result("cut", ::ftruncate(file_.get(), static_cast<off_t>(bytes)) == 0 ? 0 : errno);
  }
  std::expected<void, KeyFileFailure> allocate(std::uint64_t end_bytes) override {
    const int done =
        ::fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(end_bytes));
    // Without fallocate() a full disk shows at the write instead.
    return result("extended", done == 0 || errno == EOPNOTSUPP ? 0 : errno);
  }
  std::string describe() const override { return fmt::format("key store {}", path_.string()); }

 private:
  std::unexpected<KeyFileFailure> fail(const char* what, int error) const {
    const bool full = error == ENOSPC || error == EDQUOT;
    return std::unexpected(KeyFileFailure{
        full ? KeyFileError::kFull : KeyFileError::kSystem,
        fmt::format("the {} cannot be {}: {}", describe(), what, errno_text(error))});
  }
  std::expected<void, KeyFileFailure> result(const char* what, int error) const {
    if (error == 0) return {};
    return fail(what, error);
  }

  std::filesystem::path path_;
  UniqueFd file_;
};

}  // namespace

std::expected<std::unique_ptr<KeyFile>, KeyFileFailure> open_key_file(
    const std::filesystem::path& path, bool read_only, bool durable) {
  const auto fail = [&](KeyFileError code, const char* what, int error) {
    return std::unexpected(KeyFileFailure{
        code,
        fmt::format("the key store {} cannot be {}: {}", path.string(), what, errno_text(error))});
  };
  const int flags = read_only ? O_RDONLY : O_RDWR | O_CREAT;
  UniqueFd file(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (!file.valid()) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    return fail(missing ? KeyFileError::kMissing : KeyFileError::kSystem, "opened", errno);
  }
  if (!read_only) {
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return fail(KeyFileError::kSystem, "locked", errno);
      return std::unexpected(KeyFileFailure{
          KeyFileError::kLocked,
          fmt::format("another process has the key store {} open: stop it first", path.string())});
    }
    const int synced = durable ? sync_directory(path.parent_path()) : 0;
    if (synced != 0) return fail(KeyFileError::kSystem, "made", synced);
  }
  return std::make_unique<RealKeyFile>(path, std::move(file));
}

}  // namespace opptak::storage
