// Tables of the access file. Private to control/access.
#pragma once

#include "control/catalogue/sqlite.h"

namespace opptak::control {

[[nodiscard]] const SqliteSchema& access_schema() noexcept;

}  // namespace opptak::control
