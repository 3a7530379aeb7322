// The functions behind the routes, one file per resource. docs/openapi.yaml says what each takes
// and answers.
#pragma once

#include "control/http/context.h"

namespace opptak::control::http {

Response login(Context& context);
Response who_am_i(Context& context);
Response logout(Context& context);

Response list_calls(Context& context);
Response search_calls(Context& context);
Response get_call(Context& context);
Response control_recording(Context& context);

Response get_recording(Context& context);
Response erase_recording(Context& context);
Response get_audio(Context& context);

Response list_clients(Context& context);
Response put_client(Context& context);
Response list_campaigns(Context& context);
Response get_campaign(Context& context);
Response put_campaign(Context& context);

// Reached by a plain GET only; the upgrade goes through open_live().
Response live_without_upgrade(Context& context);
[[nodiscard]] std::expected<std::unique_ptr<Feed>, Response> open_live(Context& context,
                                                                       LiveHub& hub,
                                                                       std::string secret);

Response health(Context& context);
Response ready(Context& context);
Response metrics(Context& context);
Response openapi(Context& context);
Response page(Context& context);
Response asset(Context& context);

}  // namespace opptak::control::http
