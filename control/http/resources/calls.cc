#include <charconv>

#include <nlohmann/json.hpp>

#include "control/catalogue/names.h"
#include "control/http/body.h"
#include "control/http/resources/resources.h"
#include "control/http/rows_json.h"
#include "control/http/time_text.h"

namespace opptak::control::http {

namespace {

constexpr std::uint32_t kLimitDefault = 100;

struct Query {
  CallFilter filter;
  std::string cursor;
  std::uint32_t limit = kLimitDefault;
};

// One field of the filter, given as text. False: the text is no value of it.
bool set_field(Query& query, std::string_view name, const std::string& value) {
  if (name == "started_from" || name == "started_to") {
    const auto time = parse_rfc3339(value);
    if (!time) return false;
    (name == "started_from" ? query.filter.from : query.filter.to) = *time;
    return true;
  }
  if (name == "state") {
    query.filter.state = parse_call_state(value);
    return query.filter.state.has_value();
  }
  if (name == "cursor") {
    query.cursor = value;
    return true;
  }
  if (name == "agent") {
    query.filter.agent = value;
    return !value.empty();
  }
  if (!storage::is_slug(value)) return false;
  (name == "client" ? query.filter.client : query.filter.campaign) = value;
  return true;
}

constexpr std::string_view kTextFields[] = {"started_from", "started_to", "client", "campaign",
                                            "agent",        "state",      "cursor"};

std::expected<Query, Response> from_url(const Url& url) {
  Query query;
  for (const auto& [name, value] : url.query) {
    if (name == "limit") {
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), query.limit);
      if (error == std::errc{} && end == value.data() + value.size() && query.limit >= 1 &&
          query.limit <= kListLimitMax) {
        continue;
      }
      return std::unexpected(problem(400, "`limit` has to be a whole number from 1 to 500."));
    }
    if (std::ranges::find(kTextFields, name) == std::end(kTextFields)) {
      return std::unexpected(problem(400,
                                     "The query holds a parameter that is not known here. To "
                                     "look for a number, POST to /v1/calls/search."));
    }
    if (!set_field(query, name, value)) {
      return std::unexpected(problem(400, "`" + name + "` has a value that it cannot have."));
    }
  }
  return query;
}

std::expected<Query, Response> from_body(const Request& request) {
  Query query;
  Body body(request);
  query.filter.customer = body.optional_text("number", 1, 128);
  for (const std::string_view name : kTextFields) {
    const auto value = body.optional_text(name, 0, 512);
    if (value && !set_field(query, name, *value)) {
      body.refuse(name, "has a value that it cannot have");
    }
  }
  query.limit = body.optional_integer("limit", 1, static_cast<std::uint32_t>(kListLimitMax))
                    .value_or(kLimitDefault);
  if (auto fault = body.fault()) return std::unexpected(std::move(*fault));
  return query;
}

// Narrows what was asked for to what the principal may see. A client or seller beyond that is as
// good as one that does not exist.
bool narrow(CallFilter& filter, const CallScope& scope) {
  if (scope.client && filter.client && *filter.client != *scope.client) return false;
  if (scope.agent && filter.agent && *filter.agent != *scope.agent) return false;
  if (scope.client) filter.client = scope.client;
  if (scope.agent) filter.agent = scope.agent;
  return true;
}

Response answer(Context& context, std::expected<Query, Response> query) {
  if (!query) return std::move(query.error());
  const auto scope = call_scope(*context.principal);
  if (!scope || !narrow(query->filter, *scope)) return not_found();
  auto reader = context.readers.take();
  if (!reader) return catalogue_problem(reader.error());
  auto page = (**reader).list_calls(query->filter, query->cursor, query->limit);
  if (!page) return catalogue_problem(page.error());
  Json json;
  json["calls"] = Json::array();
  for (const CallRow& call : page->calls) {
    if (context.may(call)) json["calls"].push_back(call_json(call));
  }
  json["next_cursor"] = page->next_cursor ? Json(*page->next_cursor) : Json(nullptr);
  return json_response(to_text(json));
}

}  // namespace

Response list_calls(Context& context) { return answer(context, from_url(context.url)); }

Response search_calls(Context& context) { return answer(context, from_body(context.request)); }

Response get_call(Context& context) {
  auto reader = context.readers.take();
  if (!reader) return catalogue_problem(reader.error());
  auto call = find_call(context, **reader);
  if (!call) return std::move(call.error());
  Json json = call_json(*call);
  auto recordings = (**reader).recordings_of(call->id);
  if (!recordings) return catalogue_problem(recordings.error());
  json["recordings"] = Json::array();
  for (const RecordingRow& recording : *recordings) {
    auto streams = (**reader).streams_of(recording.id);
    if (!streams) return catalogue_problem(streams.error());
    json["recordings"].push_back(recording_json(recording, *streams));
  }
  auto events = (**reader).events_of(call->id);
  if (!events) return catalogue_problem(events.error());
  json["events"] = Json::array();
  for (const CallEventRow& event : *events) json["events"].push_back(event_json(event));
  return json_response(to_text(json));
}

}  // namespace opptak::control::http
