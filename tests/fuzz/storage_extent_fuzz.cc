// The plaintext of an extent list part. What decodes must encode to the same bytes again.
#include <algorithm>
#include <vector>

#include "storage/base/check.h"
#include "storage/extent/extent_list.h"

using namespace opptak;
using namespace opptak::storage;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto decoded = decode_extent_part({data, size});
  if (!decoded) return 0;
  std::vector<std::uint8_t> again(kBlockHeadBytes + kExtentPartBytes +
                                  decoded->extents.size() * kExtentBytes);
  CHECK(encode_extent_part(decoded->part, decoded->extents, again.data()) == again.size());
  CHECK(again.size() <= size);
  CHECK(std::equal(again.begin() + kBlockHeadBytes, again.end(), data + kBlockHeadBytes));
  return 0;
}
