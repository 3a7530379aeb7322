// Header parameters: ";name=value" lists behind an address or a Via value (RFC 3261 section 7.3.1).
// Pure; views borrow from the argument; callable from any thread.
#pragma once

#include <string_view>

namespace opptak::control::sip {

// Value of the first parameter `lower_name` in `params`, which begins behind the value that the
// parameters belong to. Stops at a comma outside quotes: the next value begins there. Quotes
// around the value are taken off. Empty where the parameter is missing or has no value.
[[nodiscard]] std::string_view find_param(std::string_view params,
                                          std::string_view lower_name) noexcept;

}  // namespace opptak::control::sip
