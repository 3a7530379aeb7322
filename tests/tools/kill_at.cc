// Kills a process (SIGKILL) just before one of its system calls that change a file, so that a test
// can cut an operation off at each of its steps without a hook in the program.
//
//   kill-at PID N
//
// Attaches to all threads of PID, prints "attached", and lets them run. The N-th call (from 1) of a
// kind that can change what is on disk kills it before the call has any effect. Prints the name of
// that call. Ends with status 0 when it has killed, with 3 when the process ended by itself, and on
// SIGTERM with 4 after it has let go of the process.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace {

struct Kind {
  long number;
  const char* name;
};
constexpr Kind kKinds[] = {
    {SYS_write, "write"},         {SYS_pwrite64, "pwrite64"},
    {SYS_writev, "writev"},       {SYS_pwritev, "pwritev"},
    {SYS_fsync, "fsync"},         {SYS_fdatasync, "fdatasync"},
    {SYS_ftruncate, "ftruncate"}, {SYS_fallocate, "fallocate"},
    {SYS_rename, "rename"},       {SYS_unlink, "unlink"},
    {SYS_unlinkat, "unlinkat"},   {SYS_io_uring_enter, "io_uring_enter"},
};

volatile std::sig_atomic_t let_go = 0;

const char* name_of(long number) {
  for (const Kind& kind : kKinds) {
    if (kind.number == number) return kind.name;
  }
  return nullptr;
}

// A file on disk, as opposed to a pipe, socket, eventfd or terminal: only those writes count.
bool is_disk_file(pid_t pid, long descriptor) {
  std::error_code error;
  const auto target = std::filesystem::read_symlink(
      "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(descriptor), error);
  const std::string path = target.string();
  return !error && path.starts_with('/') && !path.starts_with("/dev/") &&
         !path.starts_with("/memfd:") && !path.ends_with(".log");
}

bool attach(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& thread : std::filesystem::directory_iterator(folder)) {
    const pid_t tid = std::atoi(thread.path().filename().c_str());
    constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE;
    if (ptrace(PTRACE_SEIZE, tid, nullptr, kOptions) != 0) return false;
    if (ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr) != 0) return false;
  }
  return true;
}

// The name of the disk-changing call that the stopped thread is about to make, or nullptr.
const char* entering(pid_t tid) {
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info) <= 0) return nullptr;
  if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return nullptr;
  const auto number = static_cast<long>(info.entry.nr);
  const char* name = name_of(number);
  const bool by_descriptor = number == SYS_write || number == SYS_writev;
  if (name != nullptr && by_descriptor && !is_disk_file(tid, static_cast<long>(info.entry.args[0])))
    return nullptr;
  return name;
}

void resume(pid_t tid, int status) {
  const int signal = WSTOPSIG(status);
  const bool event = (status >> 16) != 0;  // Clone or group stop, ours: no signal to deliver.
  const bool deliver = !event && signal != (SIGTRAP | 0x80);
  ptrace(PTRACE_SYSCALL, tid, nullptr, deliver ? static_cast<long>(signal) : 0L);
}

void detach(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& thread : std::filesystem::directory_iterator(folder)) {
    const pid_t tid = std::atoi(thread.path().filename().c_str());
    ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
    int status = 0;
    while (waitpid(tid, &status, __WALL) < 0 && errno == EINTR) continue;
    ptrace(PTRACE_DETACH, tid, nullptr, nullptr);
  }
}

int run(pid_t pid, long kill_at) {
  long count = 0;
  for (;;) {
    int status = 0;
    const pid_t tid = waitpid(-1, &status, __WALL);
    if (let_go != 0) {
      detach(pid);
      return 4;
    }
    if (tid < 0) {
      if (errno == EINTR) continue;
      return 3;  // No thread is left.
    }
    if (!WIFSTOPPED(status)) {
      if (tid == pid) return 3;
      continue;
    }
    const char* name = WSTOPSIG(status) == (SIGTRAP | 0x80) ? entering(tid) : nullptr;
    if (name != nullptr && ++count == kill_at) {
      kill(pid, SIGKILL);
      std::printf("%s\n", name);
      while (waitpid(-1, &status, __WALL) > 0 || errno == EINTR) continue;
      return 0;
    }
    resume(tid, status);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: kill-at PID N\n");
    return 64;
  }
  struct sigaction action{};
  action.sa_handler = [](int) { let_go = 1; };
  sigaction(SIGTERM, &action, nullptr);
  const pid_t pid = std::atoi(argv[1]);
  if (!attach(pid)) {
    std::fprintf(stderr, "kill-at: cannot attach to %d: %s\n", pid, std::strerror(errno));
    return 1;
  }
  std::printf("attached\n");
  std::fflush(stdout);
  return run(pid, std::atol(argv[2]));
}
