// Rows of the catalogue as the API's JSON. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "control/access/principal.h"
#include "control/catalogue/rows.h"

namespace opptak::control::http {

using Json = nlohmann::ordered_json;

// Bytes that are not UTF-8 (SIP carries what a phone sent) become U+FFFD.
[[nodiscard]] std::string to_text(const Json& json);

[[nodiscard]] Json call_json(const CallRow& call);
[[nodiscard]] Json recording_json(const RecordingRow& recording,
                                  const std::vector<StreamRow>& streams);
[[nodiscard]] Json event_json(const CallEventRow& event);
[[nodiscard]] Json client_json(const ClientRow& client);
[[nodiscard]] Json campaign_json(const CampaignRow& campaign);
[[nodiscard]] Json principal_json(const Principal& principal, bool by_token);

}  // namespace opptak::control::http
