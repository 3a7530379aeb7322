#include "tests/unit/control/http/yaml_subset.h"

#include <charconv>
#include <stdexcept>
#include <vector>

namespace opptak::control::http::test {

namespace {

using nlohmann::json;

struct Line {
  std::size_t number;
  std::size_t indent;
  std::string_view text;
};

struct YamlError : std::runtime_error {
  YamlError(const Line& line, const std::string& what)
      : std::runtime_error("line " + std::to_string(line.number) + ": " + what) {}
};

json plain_scalar(std::string_view text, const Line& line) {
  if (text == "null" || text.empty()) return nullptr;
  if (text == "true") return true;
  if (text == "false") return false;
  if (std::string_view("&*!|>%@`\"'#-?").find(text.front()) != std::string_view::npos &&
      text != "-") {
    throw YamlError(line, "scalar that would need quotes");
  }
  if (text.find(" #") != std::string_view::npos || text.find(": ") != std::string_view::npos) {
    throw YamlError(line, "comment or mapping inside a plain scalar");
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size()) return number;
  return std::string(text);
}

// Flow collections and scalars on one line.
class Flow {
 public:
  Flow(std::string_view text, const Line& line) : text_(text), line_(line) {}

  json whole() {
    json value = this->value("");
    skip_spaces();
    if (at_ != text_.size()) throw YamlError(line_, "text behind the value");
    return value;
  }

 private:
  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    skip_spaces();
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  // `ends`: characters that end a plain scalar here; none at top level.
  json value(std::string_view ends) {
    skip_spaces();
    if (peek() == '{') return mapping();
    if (peek() == '[') return sequence();
    if (peek() == '\'') return quoted();
    const std::size_t end = ends.empty() ? text_.size() : text_.find_first_of(ends, at_);
    if (end == std::string_view::npos) throw YamlError(line_, "flow collection not closed");
    std::string_view scalar = text_.substr(at_, end - at_);
    while (!scalar.empty() && scalar.back() == ' ') scalar.remove_suffix(1);
    at_ = end;
    return plain_scalar(scalar, line_);
  }

  std::string quoted() {
    std::string out;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\'') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '\'') {
          ++at_;
          return out;
        }
        ++at_;
      }
      out.push_back(text_[at_]);
    }
    throw YamlError(line_, "quote not closed");
  }

  json mapping() {
    json out = json::object();
    ++at_;
    if (take('}')) return out;
    do {
      const json key = value(":,}");
      if (!key.is_string() || out.contains(key.get<std::string>())) {
        throw YamlError(line_, "key that is no string or stands there twice");
      }
      if (!take(':')) throw YamlError(line_, "key without a colon");
      out[key.get<std::string>()] = value(",}");
    } while (take(','));
    if (!take('}')) throw YamlError(line_, "mapping not closed");
    return out;
  }

  json sequence() {
    json out = json::array();
    ++at_;
    if (take(']')) return out;
    do {
      out.push_back(value(",]"));
    } while (take(','));
    if (!take(']')) throw YamlError(line_, "sequence not closed");
    return out;
  }

  std::string_view text_;
  const Line& line_;
  std::size_t at_ = 0;
};

class Blocks {
 public:
  explicit Blocks(std::vector<Line> lines) : lines_(std::move(lines)) {}

  json document() {
    json value = node(0);
    if (at_ != lines_.size()) throw YamlError(lines_[at_], "indented otherwise than its block");
    return value;
  }

 private:
  json node(std::size_t indent) {
    if (at_ >= lines_.size()) throw std::runtime_error("text ends where a value is due");
    if (lines_[at_].indent != indent) throw YamlError(lines_[at_], "wrong indentation");
    return lines_[at_].text.starts_with("- ") ? sequence(indent) : mapping(indent);
  }

  json sequence(std::size_t indent) {
    json out = json::array();
    while (at_ < lines_.size() && lines_[at_].indent == indent &&
           lines_[at_].text.starts_with("- ")) {
      Line& line = lines_[at_];
      line.text.remove_prefix(2);
      line.indent += 2;
      if (line.text.find_first_of("{['") == 0 || key_end(line.text) == std::string_view::npos) {
        out.push_back(Flow(line.text, line).whole());
        ++at_;
      } else {
        out.push_back(mapping(indent + 2));
      }
    }
    return out;
  }

  // Position of the colon that ends the key; none: no mapping.
  static std::size_t key_end(std::string_view text) {
    const std::size_t colon = text.find(": ");
    if (colon != std::string_view::npos) return colon;
    return text.ends_with(':') ? text.size() - 1 : std::string_view::npos;
  }

  json mapping(std::size_t indent) {
    json out = json::object();
    while (at_ < lines_.size() && lines_[at_].indent == indent) {
      const Line line = lines_[at_];
      const std::size_t colon = key_end(line.text);
      if (colon == std::string_view::npos) throw YamlError(line, "neither key nor item");
      std::string_view name = line.text.substr(0, colon);
      if (name.size() > 1 && name.front() == '\'' && name.back() == '\'') {
        name = name.substr(1, name.size() - 2);
      }
      const std::string key(name);
      if (out.contains(key)) throw YamlError(line, "key stands there twice");
      const std::string_view rest =
          colon + 1 < line.text.size() ? line.text.substr(colon + 2) : std::string_view{};
      ++at_;
      if (rest == ">-") {
        out[key] = folded(indent);
      } else if (rest.empty()) {
        if (at_ >= lines_.size() || lines_[at_].indent <= indent) {
          throw YamlError(line, "key without a value");
        }
        out[key] = node(lines_[at_].indent);
      } else {
        out[key] = Flow(rest, line).whole();
      }
    }
    return out;
  }

  std::string folded(std::size_t indent) {
    std::string out;
    while (at_ < lines_.size() && lines_[at_].indent > indent) {
      out.append(out.empty() ? "" : " ").append(lines_[at_].text);
      ++at_;
    }
    return out;
  }

  std::vector<Line> lines_;
  std::size_t at_ = 0;
};

}  // namespace

std::expected<json, std::string> parse_yaml_subset(std::string_view text) {
  std::vector<Line> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const std::size_t indent = line.find_first_not_of(' ');
    if (indent == std::string_view::npos || line[indent] == '#') continue;
    lines.push_back({number, indent, line.substr(indent)});
  }
  try {
    return Blocks(std::move(lines)).document();
  } catch (const std::exception& failure) {
    return std::unexpected(failure.what());
  }
}

}  // namespace opptak::control::http::test
