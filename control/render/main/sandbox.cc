#include "control/render/main/sandbox.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace opptak::control::render {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

struct FreeFilter {
  void operator()(void* filter) const noexcept { seccomp_release(filter); }
};

bool limit(__rlimit_resource_t resource, rlim_t soft, rlim_t hard) {
  const rlimit value{.rlim_cur = soft, .rlim_max = hard};
  return setrlimit(resource, &value) == 0;
}

bool set_limits(const SandboxLimits& limits) {
  // Sanitizers reserve terabytes of address space.
  const bool memory =
      kSanitized || limit(RLIMIT_AS, limits.memory_bytes_max, limits.memory_bytes_max);
  return memory && limit(RLIMIT_CPU, limits.cpu_seconds_max, limits.cpu_seconds_max + 1) &&
         limit(RLIMIT_CORE, 0, 0) && limit(RLIMIT_NPROC, 0, 0) && limit(RLIMIT_NOFILE, 0, 0);
}

int allow_all(scmp_filter_ctx filter) {
  constexpr std::array kAllowed = {
      SCMP_SYS(brk),          SCMP_SYS(munmap),          SCMP_SYS(mremap),
      SCMP_SYS(madvise),      SCMP_SYS(futex),           SCMP_SYS(exit),
      SCMP_SYS(exit_group),   SCMP_SYS(rt_sigreturn),    SCMP_SYS(clock_gettime),
      SCMP_SYS(gettimeofday), SCMP_SYS(restart_syscall),
  };
  for (const int call : kAllowed) {
    if (const int status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0); status != 0) {
      return status;
    }
  }
  const auto allow_on = [filter](int call, int descriptor) {
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
                            SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(descriptor)));
  };
  if (const int status = allow_on(SCMP_SYS(read), STDIN_FILENO); status != 0) return status;
  if (const int status = allow_on(SCMP_SYS(write), STDOUT_FILENO); status != 0) return status;
  if (const int status = allow_on(SCMP_SYS(write), STDERR_FILENO); status != 0) return status;
  // Memory of its own, never of a file, and never to be executed.
  if (const int status = seccomp_rule_add(
          filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
          SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
      status != 0) {
    return status;
  }
  return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                          SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

}  // namespace

std::expected<void, std::string> enter_sandbox(const SandboxLimits& limits) {
  if (!set_limits(limits)) return std::unexpected(std::string("setrlimit: ") + strerror(errno));
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return std::unexpected(std::string("prctl: ") + strerror(errno));
  }
  const std::unique_ptr<void, FreeFilter> filter(seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (!filter) return std::unexpected("seccomp_init: no memory");
  if (const int status = allow_all(filter.get()); status != 0) {
    return std::unexpected(std::string("seccomp_rule_add: ") + strerror(-status));
  }
  if (const int status = seccomp_load(filter.get()); status != 0) {
    return std::unexpected(std::string("seccomp_load: ") + strerror(-status));
  }
  return {};
}

}  // namespace opptak::control::render
