#include "storage/base/file.h"

#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace opptak {

namespace {

// Writes `contents` to a new file beside `path`, synced; its name is in `temporary`.
int write_beside(const std::filesystem::path& path, std::span<const std::uint8_t> contents,
                 mode_t mode, std::filesystem::path& temporary) {
  std::string name = path.string() + ".XXXXXX";
  const UniqueFd file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file.valid()) return errno;
  temporary = name;
  int error = ::fchmod(file.get(), mode) == 0 ? 0 : errno;
  if (error == 0) error = write_all(file.get(), contents, 0);
  if (error == 0 && ::fsync(file.get()) != 0) error = errno;
  if (error != 0) ::unlink(name.c_str());
  return error;
}

}  // namespace

void UniqueFd::reset() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

std::string errno_text(int error) { return std::generic_category().message(error); }

int read_all(int descriptor, std::span<std::uint8_t> to, std::uint64_t offset_bytes) noexcept {
  while (!to.empty()) {
    const ssize_t got = ::pread(descriptor, to.data(), to.size(), static_cast<off_t>(offset_bytes));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return EIO;
    to = to.subspan(static_cast<std::size_t>(got));
    offset_bytes += static_cast<std::uint64_t>(got);
  }
  return 0;
}

int write_all(int descriptor, std::span<const std::uint8_t> from,
              std::uint64_t offset_bytes) noexcept {
  while (!from.empty()) {
    const ssize_t put =
        ::pwrite(descriptor, from.data(), from.size(), static_cast<off_t>(offset_bytes));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    if (put == 0) return EIO;
    from = from.subspan(static_cast<std::size_t>(put));
    offset_bytes += static_cast<std::uint64_t>(put);
  }
  return 0;
}

int read_small_file(const std::filesystem::path& path, std::size_t bytes_max, std::string& to) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return errno;
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return errno;
  if (status.st_size > static_cast<off_t>(bytes_max)) return EFBIG;
  to.resize(static_cast<std::size_t>(status.st_size));
  return read_all(file.get(), {reinterpret_cast<std::uint8_t*>(to.data()), to.size()}, 0);
}

int sync_directory(const std::filesystem::path& directory) noexcept {
  const UniqueFd opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid()) return errno;
  return ::fsync(opened.get()) == 0 ? 0 : errno;
}

int replace_file(const std::filesystem::path& path, std::span<const std::uint8_t> contents,
                 mode_t mode) {
  std::filesystem::path temporary;
  if (const int error = write_beside(path, contents, mode, temporary); error != 0) return error;
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return error;
  }
  return sync_directory(path.parent_path());
}

int create_file(const std::filesystem::path& path, std::span<const std::uint8_t> contents,
                mode_t mode) {
  std::filesystem::path temporary;
  if (const int error = write_beside(path, contents, mode, temporary); error != 0) return error;
  // link() refuses to replace, which rename() does not.
  const int error = ::link(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
  ::unlink(temporary.c_str());
  return error != 0 ? error : sync_directory(path.parent_path());
}

}  // namespace opptak
