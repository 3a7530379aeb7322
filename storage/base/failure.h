// What a module hands back when the world fails: its own small error code, for code that decides,
// and one sentence that says what failed, on what, and what the operator can do.
#pragma once

#include <string>
#include <utility>

namespace opptak {

template <class Code>
struct Failure {
  Code code;
  std::string message;  // No key material, no phone number.
};

}  // namespace opptak
