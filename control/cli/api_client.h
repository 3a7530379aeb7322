// The gateway's REST API (docs/openapi.yaml) as the commands use it: libcurl behind a small seam.
// One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "control/cli/failure.h"

namespace opptak::control::cli {

struct ApiOptions {
  std::string server;   // "https://gateway:8443"
  std::string token;    // As `opptak token create` prints it.
  std::string ca_file;  // PEM; empty: what the system trusts.
};

// --server, --token and --ca, with OPPTAK_SERVER, OPPTAK_TOKEN and OPPTAK_CA behind them. `options`
// must outlive the parse.
void add_api_options(CLI::App& command, ApiOptions& options);

class ApiClient {
 public:
  [[nodiscard]] static CliResult<ApiClient> create(const ApiOptions& options);
  ~ApiClient();
  ApiClient(ApiClient&&) noexcept;
  ApiClient& operator=(ApiClient&&) noexcept;

  // The answer's body; an answer other than 2xx is a failure that says what the gateway said.
  // `path` starts with '/'; `body` is JSON. No phone number in a path.
  [[nodiscard]] CliResult<std::string> get(std::string_view path);
  [[nodiscard]] CliResult<std::string> post(std::string_view path, const std::string& body);
  [[nodiscard]] CliResult<std::string> remove(std::string_view path);

 private:
  class Impl;
  explicit ApiClient(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

// Text for use within a query.
[[nodiscard]] std::string url_encode(std::string_view text);

// What an answer other than 2xx means for people. Pure.
[[nodiscard]] std::string sentence_of(long status, std::string_view problem_json);

}  // namespace opptak::control::cli
