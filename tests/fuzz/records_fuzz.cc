// Packet records as a reader meets them after a block's tag was verified: any bytes end in kEnd or
// kMalformed, and what was decoded encodes to something that decodes to the same again.
#include <cstdint>
#include <vector>

#include "storage/base/check.h"
#include "storage/block/packet_record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace opptak::storage;
  RecordDecoder decoder({data, size});
  RecordState state;
  std::vector<std::uint8_t> again;
  std::vector<RtpRecord> records;
  RtpRecord record;
  while (decoder.next(record) == RecordResult::kRecord) {
    const std::size_t at = again.size();
    again.resize(at + record_bytes_max(record));
    again.resize(at + encode_record(state, record, again.data() + at));
    records.push_back(record);
  }
  RecordDecoder second(again);
  for (const RtpRecord& want : records) {
    CHECK(second.next(record) == RecordResult::kRecord);
    CHECK(record.arrival_us == want.arrival_us && record.sequence == want.sequence &&
          record.timestamp == want.timestamp && record.marker_and_type == want.marker_and_type &&
          record.payload.size() == want.payload.size());
  }
  return 0;
}
