// Holds requests and answers against docs/openapi.yaml.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace opptak::control::http::test {

class OpenApi {
 public:
  OpenApi();  // Reads the text that the server serves; throws where it is not what it should be.

  // "GET /v1/calls", ... of every operation.
  [[nodiscard]] std::vector<std::string> operations() const;

  // What is wrong with `value` as an instance of `schema`; empty: nothing. A keyword that this
  // does not know is wrong as well.
  [[nodiscard]] std::string check(const nlohmann::json& value, const nlohmann::json& schema,
                                  const std::string& where = "$") const;
  [[nodiscard]] std::string check_named(const nlohmann::json& value,
                                        const std::string& schema) const;

  // What is wrong with an answer to `operation`: status, content type, body.
  [[nodiscard]] std::string check_answer(const std::string& operation, int status,
                                         std::string_view content_type,
                                         std::string_view body) const;

  // Every example of requests and answers that does not fit its schema.
  [[nodiscard]] std::vector<std::string> wrong_examples() const;

 private:
  [[nodiscard]] const nlohmann::json& resolve(const nlohmann::json& node) const;
  void collect_examples(const nlohmann::json& node, std::vector<std::string>& wrong) const;
  [[nodiscard]] std::string check_object(const nlohmann::json& value, const nlohmann::json& schema,
                                         const std::string& where) const;
  [[nodiscard]] std::string check_scalar(const nlohmann::json& value, const nlohmann::json& schema,
                                         const std::string& where) const;

  nlohmann::json root_;
};

}  // namespace opptak::control::http::test
