#include "control/cli/api_client.h"

#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "control/cli/table.h"

namespace opptak::control::cli {
namespace {

constexpr long kConnectTimeoutSeconds = 10;
constexpr long kStallSeconds = 120;  // Without a byte: rendering takes its time.
constexpr std::size_t kBodyBytesMax = std::size_t{2} << 30;

struct FreeList {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
struct FreeHandle {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};

std::size_t append_body(const char* data, std::size_t size, std::size_t count, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + size * count > kBodyBytesMax) return 0;
  body.append(data, size * count);
  return size * count;
}

}  // namespace

std::string url_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::string sentence_of(long status, std::string_view problem_json) {
  const auto problem = nlohmann::json::parse(problem_json, nullptr, false);
  std::string detail;
  if (problem.is_object() && problem.contains("detail") && problem["detail"].is_string()) {
    detail = printable(problem["detail"].get<std::string>());
  }
  if (status == 401) {
    return "The gateway does not know this token: give --token or OPPTAK_TOKEN as `opptak token "
           "create` printed it.";
  }
  if (status == 403) {
    return "The token's role does not allow this: use a token of another role." +
           (detail.empty() ? "" : " (" + detail + ")");
  }
  if (detail.empty()) return fmt::format("The gateway answered with status {}.", status);
  return fmt::format("The gateway refused with status {}: {}{}", status, detail,
                     detail.ends_with('.') ? "" : ".");
}

class ApiClient::Impl {
 public:
  explicit Impl(ApiOptions options) : options_(std::move(options)), handle_(curl_easy_init()) {
    while (options_.server.ends_with('/')) options_.server.pop_back();
  }

  [[nodiscard]] bool ready() const noexcept { return handle_ != nullptr; }

  CliResult<std::string> request(const char* method, std::string_view path,
                                 const std::string* body) {
    CURL* handle = handle_.get();
    curl_easy_reset(handle);
    const std::string url = options_.server + std::string(path);
    std::string answer;
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, kConnectTimeoutSeconds);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, kStallSeconds);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, append_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer);
    if (!options_.ca_file.empty()) {
      curl_easy_setopt(handle, CURLOPT_CAINFO, options_.ca_file.c_str());
    }
    std::unique_ptr<curl_slist, FreeList> headers;
    const auto add_header = [&headers](const std::string& line) {
      headers.reset(curl_slist_append(headers.release(), line.c_str()));
    };
    if (!options_.token.empty()) add_header("Authorization: Bearer " + options_.token);
    if (body != nullptr) {
      add_header("Content-Type: application/json");
      curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body->c_str());
      curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
    }
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
    const CURLcode code = curl_easy_perform(handle);
    if (code != CURLE_OK) return unreachable(code);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 || status > 299) return fail(sentence_of(status, answer));
    return answer;
  }

 private:
  CliResult<std::string> unreachable(CURLcode code) const {
    const char* what = curl_easy_strerror(code);
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
      return fail(
          fmt::format("{} shows a certificate that is not trusted ({}): name its issuer "
                      "with --ca.",
                      options_.server, what));
    }
    return fail(
        fmt::format("{} does not answer ({}): see that the gateway runs and that --server "
                    "or OPPTAK_SERVER names it.",
                    options_.server, what));
  }

  ApiOptions options_;
  std::unique_ptr<CURL, FreeHandle> handle_;
};

ApiClient::ApiClient(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
ApiClient::~ApiClient() = default;
ApiClient::ApiClient(ApiClient&&) noexcept = default;
ApiClient& ApiClient::operator=(ApiClient&&) noexcept = default;

CliResult<ApiClient> ApiClient::create(const ApiOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  if (!impl->ready()) return fail("The HTTP client cannot be made: there is no memory left.");
  return ApiClient(std::move(impl));
}

CliResult<std::string> ApiClient::get(std::string_view path) {
  return impl_->request("GET", path, nullptr);
}
CliResult<std::string> ApiClient::post(std::string_view path, const std::string& body) {
  return impl_->request("POST", path, &body);
}
CliResult<std::string> ApiClient::remove(std::string_view path) {
  return impl_->request("DELETE", path, nullptr);
}

void add_api_options(CLI::App& command, ApiOptions& options) {
  options.server = "http://127.0.0.1:8080";
  command.add_option("--server", options.server, "Address of the gateway")
      ->envname("OPPTAK_SERVER")
      ->type_name("URL")
      ->capture_default_str();
  command
      .add_option("--token", options.token,
                  "API token; better in the environment, where other users do not see it")
      ->envname("OPPTAK_TOKEN");
  command
      .add_option("--ca", options.ca_file, "Certificates to trust instead of the system's (PEM)")
      ->envname("OPPTAK_CA")
      ->type_name("FILE");
}

}  // namespace opptak::control::cli
