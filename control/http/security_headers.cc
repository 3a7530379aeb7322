#include "control/http/security_headers.h"

namespace opptak::control::http {

void add_security_headers(Response& response, bool tls) {
  response.set("Content-Security-Policy",
               "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
               "font-src 'self'; connect-src 'self'; media-src 'self' blob:; "
               "manifest-src 'self'; base-uri 'none'; form-action 'none'; "
               "frame-ancestors 'none'");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("X-Frame-Options", "DENY");
  response.set("Referrer-Policy", "no-referrer");
  response.set("Cross-Origin-Opener-Policy", "same-origin");
  response.set("Cross-Origin-Resource-Policy", "same-origin");
  response.set("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
  if (tls) response.set("Strict-Transport-Security", "max-age=31536000");
  if (response.header("Cache-Control").empty()) response.set("Cache-Control", "no-store");
}

}  // namespace opptak::control::http
