#include "storage/settings/check.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "storage/settings/suggest.h"

namespace opptak::storage {
namespace {

using Found = std::optional<Contradiction>;

Found check_listen(const ControlSettings& control) {
  if (control.tls_certificate.empty() != control.tls_key.empty()) {
    const bool key_missing = control.tls_key.empty();
    return Contradiction{key_missing ? "control.tls_certificate" : "control.tls_key", 0,
                         fmt::format("needs {} as well",
                                     key_missing ? "control.tls_key" : "control.tls_certificate")};
  }
  if (control.tls_certificate.empty() && !is_loopback(control.listen.address)) {
    return Contradiction{"control.listen", 0,
                         "is not a loopback address: plain HTTP is allowed on loopback only, so "
                         "set control.tls_certificate and control.tls_key, or listen on 127.0.0.1"};
  }
  return std::nullopt;
}

Found check_cores(const DataplaneSettings& dataplane) {
  std::size_t workers = dataplane.capture_files.empty() ? 0 : 1;
  for (const PortSettings& port : dataplane.ports) workers += port.queues;
  const std::size_t worker_cores = dataplane.worker_cores.size();
  if (worker_cores != 0 && worker_cores < workers) {
    return Contradiction{"dataplane.worker_cores", 0,
                         fmt::format("names {} cores, but the ports have {} queues and each needs "
                                     "a core of its own",
                                     worker_cores, workers)};
  }
  if (!dataplane.writer_cores.empty() && dataplane.writer_cores.size() < dataplane.writers) {
    return Contradiction{"dataplane.writer_cores", 0,
                         fmt::format("names {} cores, but there are {} writers",
                                     dataplane.writer_cores.size(), dataplane.writers)};
  }
  return std::nullopt;
}

Found check_ports(const DataplaneSettings& dataplane) {
  std::set<std::string_view> devices;
  for (const PortSettings& port : dataplane.ports) {
    const std::string_view device = std::string_view(port.device);
    if (!devices.insert(device.substr(0, device.find(','))).second) {
      return Contradiction{
          "dataplane.ports", 0,
          fmt::format("names the device {} twice", device.substr(0, device.find(',')))};
    }
  }
  if (dataplane.lockstep && !dataplane.ports.empty()) {
    return Contradiction{"dataplane.lockstep", 0,
                         "makes workers wait, so it goes with dataplane.capture_files alone and "
                         "not with dataplane.ports"};
  }
  return std::nullopt;
}

Found check_vault(const Settings& settings) {
  const auto inside = settings.vault.file.lexically_normal().lexically_relative(
      settings.storage.directory.lexically_normal());
  if (inside.empty() || *inside.begin() == "..") return std::nullopt;
  return Contradiction{"vault.file", 0,
                       "lies inside storage.directory: a copy of the store would hold its root "
                       "key as well, so give it a folder of its own"};
}

template <class Table>
Found check_unique(const std::vector<Table>& tables, const std::vector<std::uint32_t>& lines,
                   std::string_view key) {
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (!ids.insert(tables[i].id).second) {
      return Contradiction{std::string(key), lines[i],
                           fmt::format("\"{}\" is given twice", tables[i].id)};
    }
  }
  return std::nullopt;
}

Found check_campaigns(const Settings& settings, const LinesOf& lines) {
  std::vector<std::string> clients{settings.policy.default_client};
  for (const ClientSettings& client : settings.clients) clients.push_back(client.id);
  std::set<std::string_view> numbers;
  for (std::size_t i = 0; i < settings.campaigns.size(); ++i) {
    const CampaignSettings& campaign = settings.campaigns[i];
    if (std::ranges::find(clients, campaign.client) == clients.end()) {
      return Contradiction{"campaign[].client", lines.campaigns[i],
                           fmt::format("\"{}\" is no [[client]] of this file{}", campaign.client,
                                       did_you_mean(campaign.client, clients))};
    }
    for (const std::string& number : campaign.numbers) {
      if (!numbers.insert(number).second) {
        return Contradiction{"campaign[].numbers", lines.campaigns[i],
                             "holds an entry that a [[campaign]] has already"};
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Contradiction> find_contradiction(const Settings& settings, const LinesOf& lines) {
  if (auto found = check_listen(settings.control)) return found;
  if (auto found = check_ports(settings.dataplane)) return found;
  if (auto found = check_cores(settings.dataplane)) return found;
  if (auto found = check_vault(settings)) return found;
  if (auto found = check_unique(settings.clients, lines.clients, "client[].id")) return found;
  if (auto found = check_unique(settings.campaigns, lines.campaigns, "campaign[].id")) return found;
  return check_campaigns(settings, lines);
}

}  // namespace opptak::storage
