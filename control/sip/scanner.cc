#include "control/sip/scanner.h"

#include <cstring>

#include "control/sip/text.h"
#include "control/sip/via.h"

namespace opptak::control::sip {

namespace {

enum class Field : std::uint8_t {
  kOther,
  kCallId,
  kCseq,
  kFrom,
  kTo,
  kVia,
  kContact,
  kContentType,
  kContentLength,
  kContentEncoding,
};

// Compact forms: RFC 3261 section 7.3.3.
Field compact_field(char name) noexcept {
  switch (to_lower(name)) {
    case 'i':
      return Field::kCallId;
    case 'f':
      return Field::kFrom;
    case 't':
      return Field::kTo;
    case 'v':
      return Field::kVia;
    case 'm':
      return Field::kContact;
    case 'c':
      return Field::kContentType;
    case 'l':
      return Field::kContentLength;
    case 'e':
      return Field::kContentEncoding;
    default:
      return Field::kOther;
  }
}

Field field_of(std::string_view name) noexcept {
  switch (name.size()) {
    case 1:
      return compact_field(name.front());
    case 2:
      return equals_lower(name, "to") ? Field::kTo : Field::kOther;
    case 3:
      return equals_lower(name, "via") ? Field::kVia : Field::kOther;
    case 4:
      if (equals_lower(name, "from")) return Field::kFrom;
      return equals_lower(name, "cseq") ? Field::kCseq : Field::kOther;
    case 7:
      if (equals_lower(name, "call-id")) return Field::kCallId;
      return equals_lower(name, "contact") ? Field::kContact : Field::kOther;
    case 12:
      return equals_lower(name, "content-type") ? Field::kContentType : Field::kOther;
    case 14:
      return equals_lower(name, "content-length") ? Field::kContentLength : Field::kOther;
    case 16:
      return equals_lower(name, "content-encoding") ? Field::kContentEncoding : Field::kOther;
    default:
      return Field::kOther;
  }
}

bool equals_any_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

std::optional<Cseq> parse_cseq(std::string_view value) noexcept {
  const auto number = parse_decimal(take_word(value));
  const std::string_view method = take_word(value);
  if (!number || method.empty()) return std::nullopt;
  return Cseq{*number, parse_method(method)};
}

class Scanner {
 public:
  Scanner(std::string_view text, std::string_view extra_header) noexcept
      : rest_(text), extra_header_(extra_header) {}

  std::expected<Message, ScanError> scan() noexcept {
    if (const auto error = scan_start_line()) return std::unexpected(*error);
    if (const auto error = scan_header()) return std::unexpected(*error);
    if (const auto error = check_fields()) {
      const bool cut = message_.has(kDefectHeaderTruncated) && *error != ScanError::kFieldTooLong;
      return std::unexpected(cut ? ScanError::kTruncated : *error);
    }
    bound_body();
    return message_;
  }

 private:
  // Cuts one line without its line end off the front of rest_; nothing where no LF is left.
  std::optional<std::string_view> take_line() noexcept {
    const void* found = std::memchr(rest_.data(), '\n', rest_.size());
    if (found == nullptr) return std::nullopt;
    const auto size = static_cast<std::size_t>(static_cast<const char*>(found) - rest_.data());
    const std::string_view line = rest_.substr(0, size);
    rest_.remove_prefix(size + 1);
    return line;
  }

  std::optional<ScanError> scan_start_line() noexcept {
    const std::size_t first = rest_.find_first_not_of(std::string_view("\r\n\0", 3));
    if (first == std::string_view::npos) return ScanError::kKeepAlive;
    rest_.remove_prefix(first);
    const auto line = take_line();
    if (!line) return ScanError::kNotSip;
    const std::string_view text = trim(*line);
    return starts_with_lower(text, "sip/") ? scan_status_line(text) : scan_request_line(text);
  }

  std::optional<ScanError> scan_status_line(std::string_view line) noexcept {
    if (!equals_lower(take_word(line), "sip/2.0")) return ScanError::kBadVersion;
    const auto status = parse_decimal(take_word(line), 699);
    if (!status || *status < 100) return ScanError::kBadStatus;
    message_.status = static_cast<std::uint16_t>(*status);
    return std::nullopt;
  }

  std::optional<ScanError> scan_request_line(std::string_view line) noexcept {
    const std::string_view method = take_word(line);
    const std::size_t last_space = line.find_last_of(" \t");
    if (last_space == std::string_view::npos) return ScanError::kNotSip;
    const std::string_view version = line.substr(last_space + 1);
    if (!starts_with_lower(version, "sip/")) return ScanError::kNotSip;
    if (!equals_lower(version, "sip/2.0")) return ScanError::kBadVersion;
    std::string_view uri = trim(line.substr(0, last_space));
    if (uri.size() >= 2 && uri.front() == '<' && uri.back() == '>') {
      uri = uri.substr(1, uri.size() - 2);  // RFC 4475 section 3.1.2.7
    }
    message_.method = parse_method(method);
    message_.request_uri = uri;
    return std::nullopt;
  }

  std::optional<ScanError> scan_header() noexcept {
    for (std::uint32_t count = 0;; ++count) {
      const char* begin = rest_.data();
      auto line = take_line();
      if (!line) return cut_header();
      if (line->empty() || *line == "\r") return std::nullopt;
      while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) {  // Folded.
        line = take_line();
        if (!line) return cut_header();
      }
      if (count == kHeadersMax) return ScanError::kTooManyHeaders;
      const char* end = line->data() + line->size();
      take_field(std::string_view(begin, static_cast<std::size_t>(end - begin)));
    }
  }

  std::optional<ScanError> cut_header() noexcept {
    message_.defects |= kDefectHeaderTruncated;
    rest_ = {};
    return std::nullopt;
  }

  void take_field(std::string_view line) noexcept {
    const std::size_t colon = find_near(line, ':');
    if (colon == line.size()) {
      message_.defects |= kDefectHeader;
      return;
    }
    std::string_view name = line.substr(0, colon);
    if (!name.empty() && is_space(name.back())) name = trim(name);
    const std::string_view value = line.substr(colon + 1);
    const Field field = field_of(name);
    if (field != Field::kOther) {
      store_field(field, trim(value));
    } else if (!extra_header_.empty() && !message_.extra && equals_any_case(name, extra_header_)) {
      message_.extra = trim(value);
    }
  }

  void store_field(Field field, std::string_view value) noexcept {
    if (field == Field::kVia) {
      if (message_.via_count == 0) message_.via_branch = via_branch(value);
      message_.via_count += via_count(value);
      return;
    }
    const auto bit = static_cast<std::uint16_t>(1U << static_cast<unsigned>(field));
    if ((seen_ & bit) != 0) {
      if (field != Field::kContact) message_.defects |= kDefectDuplicate;
      return;
    }
    seen_ |= bit;
    switch (field) {
      case Field::kCallId:
        message_.call_id = value;
        break;
      case Field::kCseq:
        cseq_ = parse_cseq(value);
        break;
      case Field::kFrom:
        message_.from = parse_address_header(value);
        break;
      case Field::kTo:
        message_.to = parse_address_header(value);
        break;
      case Field::kContact:
        message_.contact = parse_address_header(value);
        break;
      case Field::kContentType:
        message_.content_type = value;
        break;
      case Field::kContentEncoding:
        message_.content_encoding = value;
        break;
      case Field::kContentLength:
        message_.content_length = parse_decimal(value);
        if (!message_.content_length) message_.defects |= kDefectContentLength;
        break;
      case Field::kVia:
      case Field::kOther:
        break;
    }
  }

  std::optional<ScanError> check_fields() noexcept {
    if (message_.call_id.empty()) return ScanError::kNoCallId;
    if (!cseq_) return ScanError::kNoCseq;
    if (message_.call_id.size() > kFieldBytesMax || message_.from.tag.size() > kFieldBytesMax ||
        message_.to.tag.size() > kFieldBytesMax) {
      return ScanError::kFieldTooLong;
    }
    message_.cseq = *cseq_;
    if (!message_.is_request()) {
      message_.method = message_.cseq.method;
    } else if (message_.method != message_.cseq.method) {
      message_.defects |= kDefectMethodMismatch;
    }
    if (message_.from.uri.empty()) message_.defects |= kDefectFrom;
    if (message_.to.uri.empty()) message_.defects |= kDefectTo;
    if (message_.via_count == 0) message_.defects |= kDefectVia;
    return std::nullopt;
  }

  // RFC 3261 section 18.3: in a datagram, what lies behind Content-Length is nothing, and without
  // Content-Length the body reaches to the end.
  void bound_body() noexcept {
    message_.body = rest_;
    if (!message_.content_length || message_.has(kDefectHeaderTruncated)) return;
    if (*message_.content_length > rest_.size()) {
      message_.defects |= kDefectBodyTruncated;
    } else {
      message_.body = rest_.substr(0, *message_.content_length);
    }
  }

  std::string_view rest_;
  std::string_view extra_header_;
  Message message_;
  std::optional<Cseq> cseq_;
  std::uint16_t seen_ = 0;  // One bit per Field.
};

}  // namespace

std::expected<Message, ScanError> scan_message(std::span<const std::uint8_t> datagram,
                                               std::string_view extra_header) noexcept {
  const std::string_view text(reinterpret_cast<const char*>(datagram.data()), datagram.size());
  return Scanner(text, extra_header).scan();
}

}  // namespace opptak::control::sip
