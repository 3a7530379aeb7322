// Any bytes as a configuration: refused with one sentence, or settings that survive being written
// and read again.
#include <string>
#include <string_view>

#include "storage/base/check.h"
#include "storage/settings/settings.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace opptak::storage;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto settings = load_settings_text(text);
  if (!settings) {
    CHECK(!settings.error().message.empty());
    return 0;
  }
  const std::string written = to_toml(*settings);
  const auto again = load_settings_text(written);
  CHECK(again.has_value());
  CHECK(to_toml(*again) == written);
  return 0;
}
