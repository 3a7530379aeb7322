// docs/openapi.yaml, embedded at build time. Any thread.
#pragma once

#include <string_view>

namespace opptak::control::http {

[[nodiscard]] std::string_view openapi_text() noexcept;

}  // namespace opptak::control::http
