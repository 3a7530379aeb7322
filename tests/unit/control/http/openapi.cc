#include "tests/unit/control/http/openapi.h"

#include <algorithm>
#include <regex>
#include <set>
#include <stdexcept>

#include "control/http/openapi_text.h"
#include "control/http/time_text.h"
#include "tests/unit/control/http/yaml_subset.h"

namespace opptak::control::http::test {

using nlohmann::json;

namespace {

bool is_type(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  throw std::runtime_error("unknown type " + type);
}

const std::set<std::string>& known_keywords() {
  static const std::set<std::string> known{"type",
                                           "format",
                                           "pattern",
                                           "enum",
                                           "minimum",
                                           "maximum",
                                           "default",
                                           "example",
                                           "required",
                                           "minLength",
                                           "maxLength",
                                           "maxItems",
                                           "properties",
                                           "description",
                                           "items",
                                           "oneOf",
                                           "additionalProperties"};
  return known;
}

}  // namespace

OpenApi::OpenApi() {
  auto parsed = parse_yaml_subset(openapi_text());
  if (!parsed) throw std::runtime_error("docs/openapi.yaml " + parsed.error());
  root_ = std::move(*parsed);
}

const json& OpenApi::resolve(const json& node) const {
  if (!node.is_object() || !node.contains("$ref")) return node;
  const auto reference = node.at("$ref").get<std::string>();
  if (!reference.starts_with("#/")) throw std::runtime_error("foreign reference " + reference);
  return resolve(root_.at(json::json_pointer(reference.substr(1))));
}

std::vector<std::string> OpenApi::operations() const {
  std::vector<std::string> out;
  for (const auto& [path, item] : root_.at("paths").items()) {
    for (const auto& [method, operation] : item.items()) {
      if (method == "parameters") continue;
      std::string upper = method;
      std::ranges::transform(upper, upper.begin(),
                             [](char c) { return static_cast<char>(c & ~0x20); });
      out.push_back(upper + " " + path);
    }
  }
  return out;
}

std::string OpenApi::check_named(const json& value, const std::string& schema) const {
  return check(value, root_.at("components").at("schemas").at(schema));
}

std::string OpenApi::check(const json& value, const json& unresolved,
                           const std::string& where) const {
  const json& schema = resolve(unresolved);
  for (const auto& [keyword, ignored] : schema.items()) {
    if (!known_keywords().contains(keyword)) return where + ": keyword " + keyword;
  }
  if (schema.contains("oneOf")) {
    std::size_t fits = 0;
    for (const json& option : schema["oneOf"]) fits += check(value, option, where).empty() ? 1 : 0;
    return fits == 1 ? "" : where + ": fits " + std::to_string(fits) + " of oneOf";
  }
  if (schema.contains("type")) {
    const json types = schema["type"].is_array() ? schema["type"] : json::array({schema["type"]});
    const bool fits = std::ranges::any_of(
        types, [&](const json& type) { return is_type(value, type.get<std::string>()); });
    if (!fits) return where + ": has another type than " + types.dump();
  }
  if (value.is_object()) return check_object(value, schema, where);
  if (value.is_array()) {
    if (schema.contains("maxItems") && value.size() > schema["maxItems"]) return where + ": items";
    for (std::size_t i = 0; schema.contains("items") && i < value.size(); ++i) {
      auto wrong = check(value[i], schema["items"], where + "[" + std::to_string(i) + "]");
      if (!wrong.empty()) return wrong;
    }
    return "";
  }
  return check_scalar(value, schema, where);
}

std::string OpenApi::check_object(const json& value, const json& schema,
                                  const std::string& where) const {
  const json required = schema.value("required", json::array());
  for (const json& name : required) {
    if (!value.contains(name.get<std::string>())) {
      return where + ": lacks " + name.get<std::string>();
    }
  }
  const json properties = schema.value("properties", json::object());
  for (const auto& [name, member] : value.items()) {
    if (!properties.contains(name)) {
      if (!schema.value("additionalProperties", true)) return where + ": has " + name;
      continue;
    }
    auto wrong = check(member, properties[name], where + "." + name);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

std::string OpenApi::check_scalar(const json& value, const json& schema,
                                  const std::string& where) const {
  if (schema.contains("enum") && std::ranges::find(schema["enum"], value) == schema["enum"].end()) {
    return where + ": is none of " + schema["enum"].dump();
  }
  if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (schema.contains("minimum") && number < schema["minimum"]) return where + ": too small";
    if (schema.contains("maximum") && number > schema["maximum"]) return where + ": too large";
  }
  if (!value.is_string()) return "";
  const auto& text = value.get_ref<const std::string&>();
  if (schema.contains("minLength") && text.size() < schema["minLength"]) return where + ": short";
  if (schema.contains("maxLength") && text.size() > schema["maxLength"]) return where + ": long";
  if (schema.contains("pattern") &&
      !std::regex_search(text, std::regex(schema["pattern"].get<std::string>()))) {
    return where + ": does not fit the pattern";
  }
  const std::string format = schema.value("format", "");
  if (format == "date-time" && !parse_rfc3339(text)) return where + ": is no time";
  if (format == "date" && !parse_rfc3339(text + "T00:00:00Z")) return where + ": is no date";
  return "";
}

std::string OpenApi::check_answer(const std::string& operation, int status,
                                  std::string_view content_type, std::string_view body) const {
  const std::size_t space = operation.find(' ');
  std::string method = operation.substr(0, space);
  std::ranges::transform(method, method.begin(),
                         [](char c) { return static_cast<char>(c | 0x20); });
  const json& described = root_.at("paths").at(operation.substr(space + 1)).at(method);
  const json& responses = described.at("responses");
  const std::string code = std::to_string(status);
  const std::string type(content_type.substr(0, content_type.find(';')));
  if (!responses.contains(code)) {
    const bool any = status == 400 || status == 405 || status == 413 || status == 415 ||
                     status == 431 || status == 500 || status == 503;
    if (!any) return operation + " answers " + code + ", which is not described";
    return check_named(json::parse(body), "Problem");
  }
  const json& answer = resolve(responses[code]);
  if (!answer.contains("content")) return body.empty() ? "" : code + " has a body";
  const json& content = answer["content"];
  if (!content.contains(type) && !content.contains("*/*")) return code + " has type " + type;
  const json& media = content.contains(type) ? content[type] : content["*/*"];
  if (!media.contains("schema")) return "";
  const auto parsed = json::parse(body, nullptr, false);
  if (parsed.is_discarded()) return code + " is no JSON";
  return check(parsed, media["schema"], operation + " " + code);
}

std::vector<std::string> OpenApi::wrong_examples() const {
  std::vector<std::string> wrong;
  collect_examples(root_, wrong);
  return wrong;
}

void OpenApi::collect_examples(const json& node, std::vector<std::string>& wrong) const {
  if (node.is_array()) {
    for (const json& item : node) collect_examples(item, wrong);
  }
  if (!node.is_object()) return;
  if (node.contains("example") && node.contains("schema")) {
    const auto fault = check(node["example"], node["schema"]);
    if (!fault.empty()) wrong.push_back(fault + " in " + node["example"].dump());
  }
  for (const auto& [key, member] : node.items()) collect_examples(member, wrong);
}

}  // namespace opptak::control::http::test
