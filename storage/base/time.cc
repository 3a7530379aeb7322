#include "storage/base/time.h"

#include <cstdio>
#include <ctime>

namespace opptak {

std::string format_rfc3339(UnixNs time) {
  std::int64_t seconds = time.value / kNsPerSecond;
  std::int64_t ns = time.value % kNsPerSecond;
  if (ns < 0) {
    ns += kNsPerSecond;
    --seconds;
  }
  const std::time_t whole = seconds;
  std::tm utc{};
  gmtime_r(&whole, &utc);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<int>(ns / kNsPerUs));
  return text;
}

UnixNs system_now() noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return {now.tv_sec * kNsPerSecond + now.tv_nsec};
}

}  // namespace opptak
