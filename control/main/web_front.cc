#include "control/main/web_front.h"

#include <string_view>
#include <utility>

#include "control/web/assets.h"
#include "dataplane/api/messages.h"

namespace opptak::control {

namespace {

std::optional<http::AssetView> find_page_file(std::string_view path) {
  const auto asset = web::find_asset(path);
  if (!asset) return std::nullopt;
  const std::string_view content(reinterpret_cast<const char*>(asset->content.data()),
                                 asset->content.size());
  return http::AssetView{content, asset->content_type, asset->etag};
}

http::OpenReader reader_of(const std::filesystem::path& file) {
  return [file] { return open_sqlite_catalogue_reader(file); };
}

// Why no call can be recorded at the moment.
std::optional<std::string> why_not_ready(const CoreStats& stats) {
  if (stats.link_connected.load(std::memory_order_relaxed) == 0) {
    return "the dataplane is not connected";
  }
  const auto condition =
      static_cast<dataplane::StoreCondition>(stats.store_condition.load(std::memory_order_relaxed));
  if (condition == dataplane::StoreCondition::kFull) return "the store is full";
  if (condition == dataplane::StoreCondition::kFailing) return "the store's disk fails";
  return std::nullopt;
}

}  // namespace

WebFront::WebFront(const storage::Settings& settings, ControlStore& store, Service& service,
                   const CoreStats& stats)
    : audio_(store.directory, reader_of(store.catalogue_file), *store.keys) {
  exposition_.add(metrics::core_metrics(stats));
  exposition_.add(metrics::http_metrics(http_stats_, http::api_route_names()));
  exposition_.add(metrics::catalogue_metrics(reader_of(store.catalogue_file), system_now));
  api_ = http::make_api({.service = service,
                         .access = *store.access,
                         .open_reader = reader_of(store.catalogue_file),
                         .audio = audio_,
                         .find_asset = find_page_file,
                         .metrics_text = [this] { return exposition_.text(); },
                         .not_ready = [&stats] { return why_not_ready(stats); },
                         .now = system_now,
                         .session_hours = settings.control.session_hours},
                        http_stats_);
}

WebFront::~WebFront() {
  if (server_) server_->stop();
}

std::expected<std::unique_ptr<WebFront>, std::string> WebFront::start(
    const storage::Settings& settings, ControlStore& store, Service& service,
    const CoreStats& stats) {
  std::unique_ptr<WebFront> front(new WebFront(settings, store, service, stats));
  auto server =
      http::Server::start(http::server_options(settings.control), *front->api_, front->http_stats_);
  if (!server) return std::unexpected(std::move(server.error().detail));
  front->server_ = std::move(*server);
  return front;
}

}  // namespace opptak::control
