// Headers that every answer of the server carries, errors included. Pure; any thread.
#pragma once

#include "control/http/message.h"

namespace opptak::control::http {

// Content-Security-Policy: only what this server itself sends is loaded, nothing is framed.
// Cache-Control is "no-store" unless the answer says otherwise.
void add_security_headers(Response& response, bool tls);

}  // namespace opptak::control::http
