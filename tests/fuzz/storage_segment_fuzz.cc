// Header and footer sectors of segments, as they lie and with their check made right.
#include <algorithm>
#include <array>
#include <string_view>

#include <openssl/evp.h>

#include "storage/base/check.h"
#include "storage/segment/layout.h"

using namespace opptak;
using namespace opptak::storage;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(decode_segment_header({data, size}));
  static_cast<void>(decode_segment_footer({data, size}));
  std::array<std::uint8_t, kSectorBytes> sector{};
  std::copy_n(data, std::min(size, sector.size() - 32), sector.begin());
  CHECK(EVP_Digest(sector.data(), kSectorBytes - 32, sector.data() + kSectorBytes - 32, nullptr,
                   EVP_sha256(), nullptr) == 1);
  if (const auto header = decode_segment_header(sector)) {
    std::array<std::uint8_t, kSectorBytes> again;
    encode_segment_header(*header, again);
    CHECK(decode_segment_header(again)->id == header->id);
  }
  static_cast<void>(decode_segment_footer(sector));
  const auto id = parse_segment_file_name(
      {reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 20)});
  CHECK(!id || parse_segment_file_name(segment_file_name(*id)) == id);
  return 0;
}
