// What a start reads back from the catalogue: the text of a call in progress, and the ranges of an
// erasure. Neither may crash; ranges that were understood are written as they were read.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "control/core/recording_store.h"
#include "control/core/resume.h"
#include "storage/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  opptak::control::CallRow row;
  row.resume_json = text;
  const auto resumed = opptak::control::decode_resume(row);
  if (resumed) CHECK(resumed->call != nullptr);
  const auto ranges = opptak::control::parse_ranges(text);
  if (ranges) {
    const std::string again = opptak::control::format_ranges(*ranges);
    CHECK(opptak::control::parse_ranges(again) == ranges);
  }
  return 0;
}
