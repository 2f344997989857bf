// The words for rules: sluice::email(), sluice::at_least(0), sluice::one_of("NZ", "AU") ... Each
// makes a constexpr value for model<T>.check<&T::x>(...) or a rule set. What each means, with what
// passes and what fails, is the table in docs/orm-rules.md, that a test makes of
// orm/rule/registry.h.
#pragma once

#include <string_view>

#include "sluice/orm/record/type_of.h"
#include "sluice/orm/rule/rule.h"

namespace sluice::orm {

// One line a kind; the definitions lie with their checks.
extern const RuleKind kRequired, kAbsent, kRequiredIf, kRequiredUnless, kRequiredWith,
    kRequiredWithout, kAbsentIf, kAbsentWith;
extern const RuleKind kAtLeast, kAtMost, kGreaterThan, kLessThan, kBetween, kEqualTo, kNotEqualTo,
    kMultipleOf, kFinite, kLatitude, kLongitude;
extern const RuleKind kLength, kByteLength, kOneOf, kNoneOf, kOneOfIgnoringCase;
extern const RuleKind kAlpha, kAlphanumeric, kAlphaSpace, kDigits, kNumeric, kBoolean, kHexadecimal,
    kLowercase, kUppercase, kAscii, kPrintableAscii, kNotBlank, kTrimmed, kSingleLine, kIdentifier,
    kSlug;
extern const RuleKind kContains, kExcludes, kContainsAny, kExcludesAll, kStartsWith, kEndsWith,
    kNotStartingWith, kNotEndingWith;
extern const RuleKind kEmail, kUrl, kHttpUrl, kHttpsUrl, kUri, kUrn, kHostname, kFqdn, kHostPort,
    kPort, kDnsLabel, kIp, kIpv4, kIpv6, kCidr, kCidrv4, kCidrv6, kMac, kDataUri;
extern const RuleKind kUuid, kUuidVersion, kUlid, kKsuid, kMd5, kSha1, kSha256, kSha384, kSha512,
    kObjectId, kSemver, kCve, kCron, kE164, kIsbn10, kIsbn13, kIsbn, kIssn, kCreditCard, kLuhn,
    kIban, kBic, kEan, kSsn, kEin, kBitcoinAddress, kEthereumAddress, kHexColor, kRgb, kHsl, kJwt;
extern const RuleKind kBase32, kBase64, kBase64Url, kBase64RawUrl, kJson, kPercentEncoded,
    kHtmlFree;
extern const RuleKind kCountryAlpha2, kCountryAlpha3, kCountryNumeric, kCurrency, kLanguageTag,
    kTimeZone;
extern const RuleKind kDate, kDateTime, kAfter, kBefore;
extern const RuleKind kUnique, kEach, kEachKey, kAnyOf, kNot, kAllOf, kSatisfies;
extern const RuleKind kSameAs, kDifferentFrom, kGreaterThanMember, kAtLeastMember, kLessThanMember,
    kAtMostMember, kContainsMember;

template <class... V>
constexpr auto listed_rule(const RuleKind& kind, V... values) {
  constexpr std::uint32_t kSelf = (std::is_arithmetic_v<V> && ...) ? kNumber : kText;
  static_assert((std::is_arithmetic_v<V> && ...) || (!std::is_arithmetic_v<V> && ...),
                "the values of one_of are all numbers or all text");
  return nested_rule<RuleDomain{.self = kSelf}, 1 + sizeof...(V)>(
      RuleNode{.kind = &kind}, Rule<RuleDomain{}, 1>{{RuleNode{.low = Operand(values)}}}...);
}

template <class V>
constexpr auto bound_rule(const RuleKind& kind, V value) {
  static_assert(std::is_arithmetic_v<V>, "a bound is a number; for times use after() and before()");
  return plain_rule<kNumber>(kind, value);
}

template <auto Other>
constexpr auto member_rule(const RuleKind& kind) {
  return plain_rule<kAnything>(kind, member_operand(internal::member_name<Other>));
}

template <RuleDomain... D>
constexpr RuleDomain common_domain() {
  RuleDomain common{.self = kAnything};
  ((common = both(common, D)), ...);
  return common;
}

template <auto Other, class... V>
constexpr auto conditional_rule(const RuleKind& kind, V... values) {
  return nested_rule<RuleDomain{.self = kAnything}, 1 + sizeof...(V)>(
      RuleNode{.kind = &kind, .low = member_operand(internal::member_name<Other>)},
      Rule<RuleDomain{}, 1>{{RuleNode{.low = Operand(values)}}}...);
}

}  // namespace sluice::orm

namespace sluice {

// Presence.
/// The optional holds a value; a text or container is not empty. Numbers always pass.
constexpr auto required() { return orm::plain_rule<orm::kAnything>(orm::kRequired); }
/// The optional is empty, or the text or container is.
constexpr auto absent() { return orm::plain_rule<orm::kAnything>(orm::kAbsent); }
/// Required when the other member is one of the values.
template <auto Other>
constexpr auto required_if(auto... values) {
  return orm::conditional_rule<Other>(orm::kRequiredIf, values...);
}
template <auto Other>
constexpr auto required_unless(auto... values) {
  return orm::conditional_rule<Other>(orm::kRequiredUnless, values...);
}
template <auto Other>
constexpr auto required_with() {
  return orm::member_rule<Other>(orm::kRequiredWith);
}
template <auto Other>
constexpr auto required_without() {
  return orm::member_rule<Other>(orm::kRequiredWithout);
}
template <auto Other>
constexpr auto absent_if(auto... values) {
  return orm::conditional_rule<Other>(orm::kAbsentIf, values...);
}
template <auto Other>
constexpr auto absent_with() {
  return orm::member_rule<Other>(orm::kAbsentWith);
}

// Numbers.
constexpr auto at_least(auto low) { return orm::bound_rule(orm::kAtLeast, low); }
constexpr auto at_most(auto high) { return orm::bound_rule(orm::kAtMost, high); }
constexpr auto greater_than(auto low) { return orm::bound_rule(orm::kGreaterThan, low); }
constexpr auto less_than(auto high) { return orm::bound_rule(orm::kLessThan, high); }
/// Both ends included.
constexpr auto between(auto low, auto high) {
  return orm::plain_rule<orm::kNumber>(orm::kBetween, low, high);
}
constexpr auto multiple_of(auto step) { return orm::bound_rule(orm::kMultipleOf, step); }
constexpr auto finite() { return orm::plain_rule<orm::kNumber>(orm::kFinite); }
constexpr auto latitude() { return orm::plain_rule < orm::kNumber | orm::kText > (orm::kLatitude); }
constexpr auto longitude() {
  return orm::plain_rule < orm::kNumber | orm::kText > (orm::kLongitude);
}

// Numbers and text.
constexpr auto equal_to(auto value) {
  return orm::plain_rule < orm::kNumber | orm::kText > (orm::kEqualTo, value);
}
constexpr auto not_equal_to(auto value) {
  return orm::plain_rule < orm::kNumber | orm::kText > (orm::kNotEqualTo, value);
}
constexpr auto one_of(auto... values) { return orm::listed_rule(orm::kOneOf, values...); }
constexpr auto none_of(auto... values) { return orm::listed_rule(orm::kNoneOf, values...); }
constexpr auto one_of_ignoring_case(auto... values) {
  return orm::listed_rule(orm::kOneOfIgnoringCase, values...);
}

// Length: characters of a text, elements of a container.
constexpr auto length(std::size_t low, std::size_t high) {
  return orm::plain_rule < orm::kText | orm::kContainer > (orm::kLength, low, high);
}
constexpr auto length(std::size_t exactly) { return length(exactly, exactly); }
constexpr auto min_length(std::size_t low) { return length(low, std::size_t{1} << 62); }
constexpr auto max_length(std::size_t high) { return length(0, high); }
constexpr auto max_bytes(std::size_t high) {
  return orm::plain_rule<orm::kText>(orm::kByteLength, 0, high);
}

/// Text rules without a parameter, and with one text.
#define SLUICE_TEXT_RULE(word, kind) \
  constexpr auto word() { return orm::plain_rule<orm::kText>(orm::kind); }
#define SLUICE_NEEDLE_RULE(word, kind)                   \
  constexpr auto word(std::string_view text) {           \
    return orm::plain_rule<orm::kText>(orm::kind, text); \
  }
SLUICE_TEXT_RULE(alpha, kAlpha);
SLUICE_TEXT_RULE(alphanumeric, kAlphanumeric);
SLUICE_TEXT_RULE(alpha_space, kAlphaSpace);
SLUICE_TEXT_RULE(digits, kDigits);
SLUICE_TEXT_RULE(numeric, kNumeric);
SLUICE_TEXT_RULE(boolean_text, kBoolean);
SLUICE_TEXT_RULE(hexadecimal, kHexadecimal);
SLUICE_TEXT_RULE(lowercase, kLowercase);
SLUICE_TEXT_RULE(uppercase, kUppercase);
SLUICE_TEXT_RULE(ascii, kAscii);
SLUICE_TEXT_RULE(printable_ascii, kPrintableAscii);
SLUICE_TEXT_RULE(not_blank, kNotBlank);
SLUICE_TEXT_RULE(trimmed, kTrimmed);
SLUICE_TEXT_RULE(single_line, kSingleLine);
SLUICE_TEXT_RULE(identifier, kIdentifier);
SLUICE_TEXT_RULE(slug, kSlug);
SLUICE_NEEDLE_RULE(contains, kContains);
SLUICE_NEEDLE_RULE(excludes, kExcludes);
SLUICE_NEEDLE_RULE(contains_any, kContainsAny);
SLUICE_NEEDLE_RULE(excludes_all, kExcludesAll);
SLUICE_NEEDLE_RULE(starts_with, kStartsWith);
SLUICE_NEEDLE_RULE(ends_with, kEndsWith);
SLUICE_NEEDLE_RULE(not_starting_with, kNotStartingWith);
SLUICE_NEEDLE_RULE(not_ending_with, kNotEndingWith);
SLUICE_TEXT_RULE(email, kEmail);
SLUICE_TEXT_RULE(url, kUrl);
SLUICE_TEXT_RULE(http_url, kHttpUrl);
SLUICE_TEXT_RULE(https_url, kHttpsUrl);
SLUICE_TEXT_RULE(uri, kUri);
SLUICE_TEXT_RULE(urn, kUrn);
SLUICE_TEXT_RULE(hostname, kHostname);
SLUICE_TEXT_RULE(fqdn, kFqdn);
SLUICE_TEXT_RULE(host_port, kHostPort);
SLUICE_TEXT_RULE(port_text, kPort);
SLUICE_TEXT_RULE(dns_label, kDnsLabel);
SLUICE_TEXT_RULE(ip, kIp);
SLUICE_TEXT_RULE(ipv4, kIpv4);
SLUICE_TEXT_RULE(ipv6, kIpv6);
SLUICE_TEXT_RULE(cidr, kCidr);
SLUICE_TEXT_RULE(cidrv4, kCidrv4);
SLUICE_TEXT_RULE(cidrv6, kCidrv6);
SLUICE_TEXT_RULE(mac, kMac);
SLUICE_TEXT_RULE(data_uri, kDataUri);
SLUICE_TEXT_RULE(uuid, kUuid);
SLUICE_TEXT_RULE(ulid, kUlid);
SLUICE_TEXT_RULE(ksuid, kKsuid);
SLUICE_TEXT_RULE(md5, kMd5);
SLUICE_TEXT_RULE(sha1, kSha1);
SLUICE_TEXT_RULE(sha256, kSha256);
SLUICE_TEXT_RULE(sha384, kSha384);
SLUICE_TEXT_RULE(sha512, kSha512);
SLUICE_TEXT_RULE(object_id, kObjectId);
SLUICE_TEXT_RULE(semver, kSemver);
SLUICE_TEXT_RULE(cve, kCve);
SLUICE_TEXT_RULE(cron, kCron);
SLUICE_TEXT_RULE(e164, kE164);
SLUICE_TEXT_RULE(isbn, kIsbn);
SLUICE_TEXT_RULE(isbn10, kIsbn10);
SLUICE_TEXT_RULE(isbn13, kIsbn13);
SLUICE_TEXT_RULE(issn, kIssn);
SLUICE_TEXT_RULE(credit_card, kCreditCard);
SLUICE_TEXT_RULE(luhn, kLuhn);
SLUICE_TEXT_RULE(iban, kIban);
SLUICE_TEXT_RULE(bic, kBic);
SLUICE_TEXT_RULE(ean, kEan);
SLUICE_TEXT_RULE(ssn, kSsn);
SLUICE_TEXT_RULE(ein, kEin);
SLUICE_TEXT_RULE(bitcoin_address, kBitcoinAddress);
SLUICE_TEXT_RULE(ethereum_address, kEthereumAddress);
SLUICE_TEXT_RULE(hex_color, kHexColor);
SLUICE_TEXT_RULE(rgb_color, kRgb);
SLUICE_TEXT_RULE(hsl_color, kHsl);
SLUICE_TEXT_RULE(jwt, kJwt);
SLUICE_TEXT_RULE(base32, kBase32);
SLUICE_TEXT_RULE(base64, kBase64);
SLUICE_TEXT_RULE(base64_url, kBase64Url);
SLUICE_TEXT_RULE(base64_raw_url, kBase64RawUrl);
SLUICE_TEXT_RULE(json_text, kJson);
SLUICE_TEXT_RULE(percent_encoded, kPercentEncoded);
SLUICE_TEXT_RULE(html_free, kHtmlFree);
SLUICE_TEXT_RULE(country_alpha2, kCountryAlpha2);
SLUICE_TEXT_RULE(country_alpha3, kCountryAlpha3);
SLUICE_TEXT_RULE(country_numeric, kCountryNumeric);
SLUICE_TEXT_RULE(currency, kCurrency);
SLUICE_TEXT_RULE(language_tag, kLanguageTag);
SLUICE_TEXT_RULE(time_zone, kTimeZone);
SLUICE_TEXT_RULE(date_text, kDate);
SLUICE_TEXT_RULE(datetime_text, kDateTime);
#undef SLUICE_TEXT_RULE
#undef SLUICE_NEEDLE_RULE

/// A UUID of one version: uuid(7).
constexpr auto uuid(int version) { return orm::plain_rule<orm::kText>(orm::kUuidVersion, version); }

// Times, "2026-01-31" or "2026-01-31T12:00:00Z".
constexpr auto after(std::string_view instant) {
  return orm::plain_rule<orm::kTime>(orm::kAfter, instant);
}
constexpr auto before(std::string_view instant) {
  return orm::plain_rule<orm::kTime>(orm::kBefore, instant);
}

// Containers.
constexpr auto unique() { return orm::plain_rule<orm::kContainer>(orm::kUnique); }
/// The rule holds for every element of a list, every value of a map; empty elements pass.
template <orm::RuleDomain D, std::size_t N>
constexpr auto each(orm::Rule<D, N> rule) {
  return orm::nested_rule<orm::RuleDomain{.self = orm::kContainer, .element = D.self}, N + 1>(
      orm::RuleNode{.kind = &orm::kEach}, rule);
}
template <orm::RuleDomain D, std::size_t N>
constexpr auto each_key(orm::Rule<D, N> rule) {
  return orm::nested_rule<orm::RuleDomain{.self = orm::kContainer}, N + 1>(
      orm::RuleNode{.kind = &orm::kEachKey}, rule);
}

// Composition.
template <orm::RuleDomain... D, std::size_t... N>
constexpr auto any_of(orm::Rule<D, N>... rules) {
  return orm::nested_rule<orm::common_domain<D...>(), (1 + ... + N)>(
      orm::RuleNode{.kind = &orm::kAnyOf}, rules...);
}
template <orm::RuleDomain... D, std::size_t... N>
constexpr auto all_of(orm::Rule<D, N>... rules) {
  return orm::nested_rule<orm::common_domain<D...>(), (1 + ... + N)>(
      orm::RuleNode{.kind = &orm::kAllOf}, rules...);
}
template <orm::RuleDomain D, std::size_t N>
constexpr auto not_(orm::Rule<D, N> rule) {
  return orm::nested_rule<D, N + 1>(orm::RuleNode{.kind = &orm::kNot}, rule);
}

// Another member of the same record. An empty optional on either side passes.
template <auto Other>
constexpr auto same_as() {
  return orm::member_rule<Other>(orm::kSameAs);
}
template <auto Other>
constexpr auto different_from() {
  return orm::member_rule<Other>(orm::kDifferentFrom);
}
template <auto Other>
constexpr auto greater_than_member() {
  return orm::member_rule<Other>(orm::kGreaterThanMember);
}
template <auto Other>
constexpr auto at_least_member() {
  return orm::member_rule<Other>(orm::kAtLeastMember);
}
template <auto Other>
constexpr auto less_than_member() {
  return orm::member_rule<Other>(orm::kLessThanMember);
}
template <auto Other>
constexpr auto at_most_member() {
  return orm::member_rule<Other>(orm::kAtMostMember);
}
template <auto Other>
constexpr auto contains_member() {
  return orm::member_rule<Other>(orm::kContainsMember);
}

namespace internal {
template <class F>
struct ParameterOf;
template <class R, class F, class V>
struct ParameterOf<R (F::*)(V) const> {
  using Value = std::remove_cvref_t<V>;
};
template <class R, class V>
struct ParameterOf<R (*)(V)> {
  using Value = std::remove_cvref_t<V>;
};
template <auto F>
constexpr auto parameter_of() {
  if constexpr (std::is_class_v<decltype(F)>) {
    return ParameterOf<decltype(&decltype(F)::operator())>{};
  } else {
    return ParameterOf<decltype(F)>{};
  }
}
}  // namespace internal

/// A rule of one's own: satisfies<[](int v) { return v % 2 == 0; }>("even"). The function takes
/// exactly the member's type (without optional).
template <auto F>
constexpr auto satisfies(std::string_view name) {
  using Value = typename decltype(internal::parameter_of<F>())::Value;
  constexpr orm::RuleDomain kDomain{.self = orm::kAnything, .exact = &internal::type_of<Value>};
  return orm::Rule<kDomain, 1>{{orm::RuleNode{
      .kind = &orm::kSatisfies, .low = name, .custom = [](const void* value) -> bool {
        return F(*static_cast<const Value*>(value));
      }}}};
}

}  // namespace sluice
