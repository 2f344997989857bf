// Rules for addresses and names on networks.
#include "sluice/orm/rule/rules.h"
#include "sluice/orm/rule/scan_internal.h"
#include "sluice/plan/expr.h"

namespace sluice::orm {
namespace {

#define SLUICE_LABEL "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#define SLUICE_ATOM "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
#define SLUICE_OCTET "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || !is(label.front(), kAlnum) ||
      !is(label.back(), kAlnum)) {
    return false;
  }
  for (const char c : label) {
    if (!is(c, kAlnum) && c != '-') {
      return false;
    }
  }
  return true;
}

/// Labels between dots; how many, 0 when one is none. One walk over the name.
std::size_t count_labels(std::string_view name, std::string_view* last = nullptr) {
  constexpr std::size_t kLabelMax = 63;
  std::size_t labels = 0;
  std::size_t begin = 0;
  char before = '-';  // a label neither begins nor ends with one
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (is(c, kAlnum) || (c == '-' && i > begin)) {
      before = c;
      continue;
    }
    if (c != '.' || before == '-' || i - begin > kLabelMax) {
      return 0;
    }
    ++labels;
    begin = i + 1;
    before = '-';
  }
  if (before == '-' || name.size() - begin > kLabelMax) {
    return 0;
  }
  if (last != nullptr) {
    *last = name.substr(begin);
  }
  return labels + 1;
}

bool is_email(std::string_view text) {
  constexpr std::size_t kLocalMax = 64;
  std::size_t at = 0;
  bool after_dot = true;
  for (; at < text.size() && text[at] != '@'; ++at) {
    const char c = text[at];
    if (c == '.' ? after_dot : !is(c, kMailAtom)) {
      return false;
    }
    after_dot = c == '.';
  }
  if (after_dot || at > kLocalMax || at == text.size() || text.size() > 254) {
    return false;
  }
  std::string_view top;
  return count_labels(text.substr(at + 1), &top) >= 2 && is(top.front(), kLetter);
}

bool is_fqdn(std::string_view text) {
  if (text.ends_with('.')) {
    text.remove_suffix(1);
  }
  std::string_view top;
  return text.size() <= 253 && count_labels(text, &top) >= 2 && is(top.front(), kLetter);
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  return take_number(text, 65535, &port) && text.empty() && port > 0;
}

bool is_ip(std::string_view text) { return is_ipv4(text) || is_ipv6(text); }

/// A host as it stands in a URL: a name, an IPv4 address, an IPv6 address in brackets.
bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    return host.ends_with(']') && is_ipv6(host.substr(1, host.size() - 2));
  }
  return is_hostname(host);
}

/// "host:port" or "host"; `port_needed` asks for the port.
bool is_authority(std::string_view text, bool port_needed) {
  const std::size_t bracket = text.find(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) {
    return !port_needed && is_host(text);
  }
  return is_host(text.substr(0, colon)) && is_port(text.substr(colon + 1));
}

bool is_host_port(std::string_view text) { return is_authority(text, true); }

/// Characters of a URI, each percent sign before two hexadecimal digits.
bool are_uri_characters(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is(text[i], kAlnum | kUriMark)) {
      return false;
    }
    if (text[i] == '%' &&
        (i + 2 >= text.size() || !is(text[i + 1], kHex) || !is(text[i + 2], kHex))) {
      return false;
    }
  }
  return true;
}

/// The scheme, without its colon; empty when there is none.
std::string_view scheme_of(std::string_view text) {
  const std::string_view scheme = text.substr(0, text.find(':'));
  if (scheme.size() == text.size() || scheme.empty() || !is(scheme.front(), kLetter)) {
    return {};
  }
  for (const char c : scheme) {
    if (!is(c, kAlnum) && c != '+' && c != '-' && c != '.') {
      return {};
    }
  }
  return scheme;
}

bool is_uri(std::string_view text) {
  const std::string_view scheme = scheme_of(text);
  return !scheme.empty() && text.size() > scheme.size() + 1 && are_uri_characters(text);
}

bool is_url(std::string_view text) {
  const std::string_view scheme = scheme_of(text);
  if (!is_uri(text) || !text.substr(scheme.size()).starts_with("://")) {
    return false;
  }
  std::string_view rest = text.substr(scheme.size() + 3);
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (scheme == "file" && authority.empty()) {
    return rest.size() > 1;
  }
  const std::size_t user = authority.rfind('@');
  authority.remove_prefix(user == std::string_view::npos ? 0 : user + 1);
  return is_authority(authority, false);
}

bool has_scheme(std::string_view text, std::string_view wanted) {
  const std::string_view scheme = text.substr(0, wanted.size());
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    if ((scheme[i] | 0x20) != wanted[i]) {
      return false;
    }
  }
  return scheme.size() == wanted.size() && text.substr(wanted.size()).starts_with("://");
}

bool is_https_url(std::string_view text) { return has_scheme(text, "https") && is_url(text); }
bool is_http_url(std::string_view text) {
  return is_https_url(text) || (has_scheme(text, "http") && is_url(text));
}

bool is_urn(std::string_view text) {
  if (text.size() < 4 || (text[0] | 0x20) != 'u' || (text[1] | 0x20) != 'r' ||
      (text[2] | 0x20) != 'n' || text[3] != ':') {
    return false;
  }
  text.remove_prefix(4);
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon >= 2 && colon <= 32 &&
         is_label(text.substr(0, colon)) && text.size() > colon + 1 &&
         are_uri_characters(text.substr(colon + 1));
}

bool is_data_uri(std::string_view text) {
  if (!text.starts_with("data:")) {
    return false;
  }
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) {
    return false;
  }
  const std::string_view media = text.substr(5, text.find_first_of(";,", 5) - 5);
  return (media.empty() || media.find('/') != std::string_view::npos) && are_uri_characters(text);
}

/// The part before the slash, when the number after it is at most `bits`.
std::string_view network_of(std::string_view text, unsigned bits) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return {};
  }
  std::string_view length = text.substr(slash + 1);
  return take_number(length, bits) && length.empty() ? text.substr(0, slash) : std::string_view{};
}

bool is_cidrv4(std::string_view text) { return is_ipv4(network_of(text, 32)); }
bool is_cidrv6(std::string_view text) { return is_ipv6(network_of(text, 128)); }
bool is_cidr(std::string_view text) { return is_cidrv4(text) || is_cidrv6(text); }

bool is_mac(std::string_view text) {
  if (text.size() != 17 && text.size() != 23) {
    return false;
  }
  const char separator = text[2];
  if (separator != ':' && separator != '-') {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % 3 == 2 ? text[i] != separator : !is(text[i], kHex)) {
      return false;
    }
  }
  return true;
}

bool is_dns_label(std::string_view text) {
  return is_label(text) && is(text.front(), kLower) && !text.empty() &&
         text.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

/// RE2 has no count over the whole, so the bounds on lengths stand beside the pattern.
bool lower_email(const RuleNode&, const LowerTarget& target, plan::Expr& out) {
  const plan::Expr column = plan::column(std::string(target.column));
  const auto matches = [&](const char* pattern) {
    return plan::binary(plan::BinaryOp::RegexMatches, column, plan::literal(std::string(pattern)));
  };
  out = plan::all_of({matches("^" SLUICE_ATOM "(\\." SLUICE_ATOM ")*@(" SLUICE_LABEL
                              "\\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$"),
                      matches("^[^@]{1,64}@"),
                      plan::binary(plan::BinaryOp::LessEqual,
                                   plan::Expr{plan::Call{plan::Function::Length, {column}}},
                                   plan::literal(std::int64_t{254}))});
  return true;
}

}  // namespace

bool is_hostname(std::string_view text) { return text.size() <= 253 && count_labels(text) > 0; }

bool is_ipv4(std::string_view text) {
  for (int octet = 0; octet < 4; ++octet) {
    if ((octet > 0 && !take(text, '.')) || !take_number(text, 255)) {
      return false;
    }
  }
  return text.empty();
}

bool is_ipv6(std::string_view text) {
  int groups = 0;
  bool gap = text.starts_with("::");
  if (gap) {
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    if (text.find(':') == std::string_view::npos && text.find('.') != std::string_view::npos) {
      groups += 2;
      return is_ipv4(text) && (gap ? groups < 8 : groups == 8);
    }
    std::size_t digits = 0;
    while (digits < text.size() && is(text[digits], kHex)) {
      ++digits;
    }
    if (digits == 0 || digits > 4 || ++groups > 8) {
      return false;
    }
    text.remove_prefix(digits);
    if (text.empty()) {
      break;
    }
    if (!take(text, ':') || text.empty()) {
      return false;
    }
    if (text.front() == ':') {
      if (gap) {
        return false;
      }
      gap = true;
      text.remove_prefix(1);
    }
  }
  return gap ? groups < 8 : groups == 8;
}

const RuleKind kEmail{.name = "email",
                      .summary = "One e-mail address: atoms, an @, a domain of two labels or more",
                      .check = check_text<is_email>,
                      .lower = lower_email};
const RuleKind kUrl{.name = "url",
                    .summary = "A URL with a scheme and a host; file: with a path",
                    .check = check_text<is_url>};
const RuleKind kHttpUrl{
    .name = "http_url", .summary = "A URL of http or https", .check = check_text<is_http_url>};
const RuleKind kHttpsUrl{
    .name = "https_url", .summary = "A URL of https", .check = check_text<is_https_url>};
const RuleKind kUri{
    .name = "uri", .summary = "A URI: a scheme, a colon and more", .check = check_text<is_uri>};
const RuleKind kUrn{.name = "urn", .summary = "A URN (RFC 2141)", .check = check_text<is_urn>};
const RuleKind kHostname{
    .name = "hostname", .summary = "A host name (RFC 1123)", .check = check_text<is_hostname>};
const RuleKind kFqdn{.name = "fqdn",
                     .summary = "A full domain name of two labels or more",
                     .check = check_text<is_fqdn>};
const RuleKind kHostPort{.name = "host_port",
                         .summary = "A host, a colon and a port",
                         .check = check_text<is_host_port>};
const RuleKind kPort{.name = "port_text",
                     .summary = "A port from 1 to 65535, as text",
                     .check = check_text<is_port>};
const RuleKind kDnsLabel{.name = "dns_label",
                         .summary = "One lower-case DNS label (RFC 1035)",
                         .check = check_text<is_dns_label>,
                         .pattern = "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"};
const RuleKind kIp{.name = "ip", .summary = "An IPv4 or IPv6 address", .check = check_text<is_ip>};
const RuleKind kIpv4{
    .name = "ipv4",
    .summary = "An IPv4 address",
    .check = check_text<is_ipv4>,
    .pattern = "^" SLUICE_OCTET "\\." SLUICE_OCTET "\\." SLUICE_OCTET "\\." SLUICE_OCTET "$"};
const RuleKind kIpv6{.name = "ipv6", .summary = "An IPv6 address", .check = check_text<is_ipv6>};
const RuleKind kCidr{
    .name = "cidr", .summary = "An IPv4 or IPv6 network: 10.0.0.0/8", .check = check_text<is_cidr>};
const RuleKind kCidrv4{.name = "cidrv4",
                       .summary = "An IPv4 network",
                       .check = check_text<is_cidrv4>,
                       .pattern = "^" SLUICE_OCTET "\\." SLUICE_OCTET "\\." SLUICE_OCTET
                                  "\\." SLUICE_OCTET "/(3[0-2]|[12]?[0-9])$"};
const RuleKind kCidrv6{
    .name = "cidrv6", .summary = "An IPv6 network", .check = check_text<is_cidrv6>};
const RuleKind kMac{
    .name = "mac", .summary = "A MAC address of 6 or 8 octets", .check = check_text<is_mac>};
const RuleKind kDataUri{
    .name = "data_uri", .summary = "A data: URI", .check = check_text<is_data_uri>};

}  // namespace sluice::orm
