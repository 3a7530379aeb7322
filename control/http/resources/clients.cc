#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "control/http/body.h"
#include "control/http/resources/resources.h"
#include "control/http/rows_json.h"

namespace opptak::control::http {

namespace {
constexpr std::uint32_t kRetentionDaysMax = 36'500;
}

Response list_clients(Context& context) {
  auto reader = context.readers.take();
  if (!reader) return catalogue_problem(reader.error());
  auto clients = (**reader).clients();
  if (!clients) return catalogue_problem(clients.error());
  Json json;
  json["clients"] = Json::array();
  for (const ClientRow& client : *clients) {
    if (context.may(client.id)) json["clients"].push_back(client_json(client));
  }
  return json_response(to_text(json));
}

Response put_client(Context& context) {
  ClientRow client;
  client.id = context.captures.front();
  if (!storage::is_slug(client.id) || !context.may(client.id)) return not_found();
  Body body(context.request);
  client.name = body.text("name", 1, 200);
  client.retention_days_sale = body.integer("retention_days_sale", 0, kRetentionDaysMax);
  client.retention_days_other = body.integer("retention_days_other", 0, kRetentionDaysMax);
  if (auto fault = body.fault()) return *fault;
  if (const auto done = context.parts.service.put_client(client); !done) {
    return service_problem(done.error());
  }
  spdlog::info("audit put_client principal={} client={}", context.principal->id, client.id);
  return json_response(to_text(client_json(client)));
}

}  // namespace opptak::control::http
