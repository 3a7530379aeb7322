// Closes segments that a crashed dataplane left open: puts a footer behind the last block and gives
// the space behind it back; removes segments that were made and never used. To be called by the
// holder of the StoreLock once recovery has scanned them, before or while new segments are written.
#pragma once

#include <cstdint>
#include <expected>

#include "storage/base/time.h"
#include "storage/scan/segment_scan.h"
#include "storage/segment/store.h"

namespace opptak::storage {

struct AbandonedReport {
  std::uint64_t sealed = 0;
  std::uint64_t removed = 0;
  std::uint64_t bytes_freed = 0;
};

// Looks at segments of epochs below `epoch`, the running dataplane's. Durable on return; may be
// repeated after a crash.
[[nodiscard]] std::expected<AbandonedReport, ScanFailure> seal_abandoned(const StoreInfo& store,
                                                                         std::uint32_t epoch,
                                                                         UnixNs now);

}  // namespace opptak::storage
