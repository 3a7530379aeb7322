#include "control/http/api.h"
#include "control/http/resources/resources.h"

namespace opptak::control::http {

namespace {

using enum Method;
using enum Entry;

constexpr Route kRoutes[] = {
    {kPost, "/v1/session", kOpen, {}, login},
    {kGet, "/v1/session", kLogin, {}, who_am_i},
    {kDelete, "/v1/session", kLogin, {}, logout},
    {kGet, "/v1/calls", kAction, Action::kViewCalls, list_calls},
    {kPost, "/v1/calls/search", kAction, Action::kViewCalls, search_calls},
    {kGet, "/v1/calls/{call_id}", kAction, Action::kViewCalls, get_call},
    {kPost, "/v1/calls/{call_id}/recording", kAction, Action::kControlRecording, control_recording},
    {kGet, "/v1/recordings/{recording_id}", kAction, Action::kViewCalls, get_recording},
    {kDelete, "/v1/recordings/{recording_id}", kAction, Action::kEraseRecording, erase_recording},
    {kGet, "/v1/recordings/{recording_id}/audio", kAction, Action::kPlayRecording, get_audio},
    {kGet, "/v1/clients", kAction, Action::kViewConfiguration, list_clients},
    {kPut, "/v1/clients/{client_id}", kAction, Action::kChangeConfiguration, put_client},
    {kGet, "/v1/campaigns", kAction, Action::kViewConfiguration, list_campaigns},
    {kGet, "/v1/campaigns/{campaign_id}", kAction, Action::kViewConfiguration, get_campaign},
    {kPut, "/v1/campaigns/{campaign_id}", kAction, Action::kChangeConfiguration, put_campaign},
    {kGet, "/v1/live", kAction, Action::kViewCalls, live_without_upgrade},
    {kGet, "/healthz", kOpen, {}, health},
    {kGet, "/readyz", kOpen, {}, ready},
    {kGet, "/metrics", kScraper, Action::kViewSystem, metrics},
    {kGet, "/openapi.yaml", kOpen, {}, openapi},
    {kGet, "/", kOpen, {}, page},
    {kGet, "/{asset}", kOpen, {}, asset},
};

}  // namespace

std::span<const Route> api_routes() noexcept { return kRoutes; }

std::vector<std::string> api_route_names() {
  std::vector<std::string> names;
  for (const Route& route : kRoutes) {
    names.push_back(std::string(method_name(route.method)) + " " + std::string(route.pattern));
  }
  return names;
}

}  // namespace opptak::control::http
