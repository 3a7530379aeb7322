// Read connections to the catalogue for handler threads: one is lent to one request at a time and
// kept open for the next. There are never more than requests in work. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "control/catalogue/catalogue.h"

namespace opptak::control::http {

using OpenReader = std::function<CatalogueResult<std::unique_ptr<CatalogueReader>>()>;

class Readers {
 public:
  explicit Readers(OpenReader open) : open_(std::move(open)) {}

  // Gives the connection back when it goes.
  class Lease {
   public:
    Lease(Readers& home, std::unique_ptr<CatalogueReader> reader)
        : home_(&home), reader_(std::move(reader)) {}
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (reader_) home_->give_back(std::move(reader_));
    }
    [[nodiscard]] CatalogueReader& operator*() const noexcept { return *reader_; }

   private:
    Readers* home_;
    std::unique_ptr<CatalogueReader> reader_;
  };

  [[nodiscard]] CatalogueResult<Lease> take();

 private:
  void give_back(std::unique_ptr<CatalogueReader> reader);

  OpenReader open_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<CatalogueReader>> idle_;
};

}  // namespace opptak::control::http
