#include "control/http/readers.h"

namespace opptak::control::http {

CatalogueResult<Readers::Lease> Readers::take() {
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      Lease lease(*this, std::move(idle_.back()));
      idle_.pop_back();
      return lease;
    }
  }
  auto reader = open_();
  if (!reader) return std::unexpected(std::move(reader.error()));
  return Lease(*this, std::move(*reader));
}

void Readers::give_back(std::unique_ptr<CatalogueReader> reader) {
  const std::scoped_lock lock(mutex_);
  idle_.push_back(std::move(reader));
}

}  // namespace opptak::control::http
