// The catalogue's tables (docs/formats/catalogue.md). Private to control/catalogue.
#pragma once

#include "control/catalogue/sqlite.h"

namespace opptak::control {

[[nodiscard]] const SqliteSchema& catalogue_schema() noexcept;

}  // namespace opptak::control
