#include "storage/key/secret_file.h"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/base/check.h"
#include "storage/base/file.h"
#include "storage/key/recording_key.h"

namespace opptak::storage {

namespace {

std::unexpected<SecretFailure> fail(SecretError error, std::string message) {
  return std::unexpected(SecretFailure{error, std::move(message)});
}

int make_directory(const std::filesystem::path& directory) {
  std::error_code error;
  if (directory.empty() || std::filesystem::exists(directory, error)) return 0;
  std::filesystem::create_directories(directory.parent_path(), error);
  if (error) return error.value();
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return errno;
  return directory.has_parent_path() ? sync_directory(directory.parent_path()) : 0;
}

int make_secret(const std::filesystem::path& file) {
  if (const int error = make_directory(file.parent_path()); error != 0) return error;
  std::array<std::uint8_t, kSecretBytes> secret;
  randombytes_buf(secret.data(), secret.size());
  const int error = create_file(file, secret, 0600);
  wipe(secret);
  return error == EEXIST ? 0 : error;
}

}  // namespace

std::expected<void, SecretFailure> load_secret(const std::filesystem::path& file, const char* what,
                                               bool create,
                                               std::span<std::uint8_t, kSecretBytes> to) {
  CHECK(sodium_init() >= 0);
  UniqueFd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!opened.valid() && errno == ENOENT && create) {
    if (const int error = make_secret(file); error != 0) {
      return fail(SecretError::kSystem, fmt::format("the {} {} cannot be made: {}", what,
                                                    file.string(), errno_text(error)));
    }
    opened = UniqueFd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  }
  if (!opened.valid()) {
    const int error = errno;
    const SecretError code = error == ENOENT                     ? SecretError::kMissing
                             : error == EACCES || error == EPERM ? SecretError::kPermissions
                                                                 : SecretError::kSystem;
    return fail(code, fmt::format("the {} {} cannot be opened: {}{}", what, file.string(),
                                  errno_text(error),
                                  error == ENOENT ? "; restore it, nothing can be decrypted "
                                                    "without it"
                                                  : ""));
  }
  struct stat status{};
  if (::fstat(opened.get(), &status) != 0) {
    return fail(SecretError::kSystem,
                fmt::format("the {} {}: {}", what, file.string(), errno_text(errno)));
  }
  const bool ours = status.st_uid == ::geteuid() || ::geteuid() == 0;
  if ((status.st_mode & 077) != 0 || !ours || !S_ISREG(status.st_mode)) {
    return fail(SecretError::kPermissions,
                fmt::format("the {} {} may be read by others (mode {:04o}): set mode 0600 and the "
                            "owner that runs opptak, and think of it as known",
                            what, file.string(), status.st_mode & 07777U));
  }
  if (status.st_size != static_cast<off_t>(kSecretBytes)) {
    return fail(SecretError::kBadSize,
                fmt::format("the {} {} has {} bytes instead of {}: it is not a key of opptak's; "
                            "restore the right file",
                            what, file.string(), status.st_size, kSecretBytes));
  }
  if (const int error = read_all(opened.get(), to, 0); error != 0) {
    return fail(SecretError::kSystem, fmt::format("the {} {} cannot be read: {}", what,
                                                  file.string(), errno_text(error)));
  }
  return {};
}

}  // namespace opptak::storage
