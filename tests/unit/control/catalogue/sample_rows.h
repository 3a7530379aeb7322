// Rows with every field set, and a folder of one's own for a test.
#pragma once

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "control/catalogue/catalogue.h"

namespace opptak::control {

[[nodiscard]] CallId call_id(std::uint8_t low, std::uint8_t high = 0);
[[nodiscard]] RecordingId recording_id(std::uint8_t low);
[[nodiscard]] CallRow sample_call(std::uint8_t low);
[[nodiscard]] RecordingRow sample_recording(std::uint8_t low, const CallId& call);
[[nodiscard]] StreamRow sample_stream(const RecordingId& recording, std::int64_t first_arrival);

class CatalogueTest : public testing::Test {
 protected:
  CatalogueTest();
  ~CatalogueTest() override;

  std::filesystem::path folder_;
  std::filesystem::path file_;
  std::unique_ptr<Catalogue> writer_;
};

}  // namespace opptak::control
