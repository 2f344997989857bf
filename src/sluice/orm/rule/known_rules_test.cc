// The rules that users of other validators ask for first, by the name they have there, and the rule
// that stands for each.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sluice/orm/rule/registry.h"

namespace sluice::orm {
namespace {

struct KnownRule {
  std::string_view there;
  std::string_view here;
};

constexpr auto kKnownRules = std::to_array<KnownRule>({
    {"required", "required"},
    {"required_if", "required_if"},
    {"required_unless", "required_unless"},
    {"required_with", "required_with"},
    {"required_without", "required_without"},
    {"excluded_if", "absent_if"},
    {"excluded_with", "absent_with"},
    {"isdefault", "absent"},
    {"len", "length"},
    {"min", "at_least"},
    {"max", "at_most"},
    {"eq", "equal_to"},
    {"ne", "not_equal_to"},
    {"gt", "greater_than"},
    {"gte", "at_least"},
    {"lt", "less_than"},
    {"lte", "at_most"},
    {"eq_ignore_case", "one_of_ignoring_case"},
    {"eqfield", "same_as"},
    {"nefield", "different_from"},
    {"gtfield", "greater_than_member"},
    {"gtefield", "at_least_member"},
    {"ltfield", "less_than_member"},
    {"ltefield", "at_most_member"},
    {"fieldcontains", "contains_member"},
    {"fieldexcludes", "not"},
    {"oneof", "one_of"},
    {"oneofci", "one_of_ignoring_case"},
    {"unique", "unique"},
    {"dive", "each"},
    {"keys", "each_key"},
    {"|", "any_of"},
    {",", "all_of"},
    {"validateFn", "satisfies"},
    {"alpha", "alpha"},
    {"alphaspace", "alpha_space"},
    {"alphanum", "alphanumeric"},
    {"numeric", "numeric"},
    {"number", "digits"},
    {"boolean", "boolean_text"},
    {"hexadecimal", "hexadecimal"},
    {"hexcolor", "hex_color"},
    {"rgb", "rgb_color"},
    {"hsl", "hsl_color"},
    {"lowercase", "lowercase"},
    {"uppercase", "uppercase"},
    {"ascii", "ascii"},
    {"printascii", "printable_ascii"},
    {"contains", "contains"},
    {"containsany", "contains_any"},
    {"containsrune", "contains"},
    {"excludes", "excludes"},
    {"excludesall", "excludes_all"},
    {"excludesrune", "excludes"},
    {"startswith", "starts_with"},
    {"endswith", "ends_with"},
    {"startsnotwith", "not_starting_with"},
    {"endsnotwith", "not_ending_with"},
    {"email", "email"},
    {"url", "url"},
    {"http_url", "http_url"},
    {"https_url", "https_url"},
    {"uri", "uri"},
    {"urn_rfc2141", "urn"},
    {"hostname", "hostname"},
    {"hostname_rfc1123", "hostname"},
    {"fqdn", "fqdn"},
    {"hostname_port", "host_port"},
    {"port", "port_text"},
    {"dns_rfc1035_label", "dns_label"},
    {"ip", "ip"},
    {"ipv4", "ipv4"},
    {"ipv6", "ipv6"},
    {"cidr", "cidr"},
    {"cidrv4", "cidrv4"},
    {"cidrv6", "cidrv6"},
    {"mac", "mac"},
    {"uuid", "uuid"},
    {"uuid3", "uuid_version"},
    {"uuid4", "uuid_version"},
    {"uuid5", "uuid_version"},
    {"uuid7", "uuid_version"},
    {"ulid", "ulid"},
    {"md5", "md5"},
    {"sha256", "sha256"},
    {"sha384", "sha384"},
    {"sha512", "sha512"},
    {"base32", "base32"},
    {"base64", "base64"},
    {"base64url", "base64_url"},
    {"base64rawurl", "base64_raw_url"},
    {"json", "json_text"},
    {"jwt", "jwt"},
    {"datauri", "data_uri"},
    {"html", "not"},
    {"url_encoded", "percent_encoded"},
    {"datetime", "datetime_text"},
    {"timezone", "time_zone"},
    {"e164", "e164"},
    {"iso3166_1_alpha2", "country_alpha2"},
    {"iso3166_1_alpha3", "country_alpha3"},
    {"iso3166_1_alpha_numeric", "country_numeric"},
    {"iso4217", "currency"},
    {"country_code", "any_of"},
    {"bcp47_language_tag", "language_tag"},
    {"isbn", "isbn"},
    {"isbn10", "isbn10"},
    {"isbn13", "isbn13"},
    {"issn", "issn"},
    {"credit_card", "credit_card"},
    {"luhn_checksum", "luhn"},
    {"bic", "bic"},
    {"ssn", "ssn"},
    {"ein", "ein"},
    {"btc_addr", "bitcoin_address"},
    {"eth_addr", "ethereum_address"},
    {"mongodb", "object_id"},
    {"cron", "cron"},
    {"semver", "semver"},
    {"cve", "cve"},
    {"latitude", "latitude"},
    {"longitude", "longitude"},
});

static_assert(kKnownRules.size() >= 100);

TEST(KnownRules, EachOfTheHundredIsARuleOfTheRegistry) {
  for (const KnownRule& rule : kKnownRules) {
    EXPECT_TRUE(std::ranges::any_of(rule_kinds(), [&](const RuleKind* kind) {
      return kind->name == rule.here;
    })) << rule.there;
  }
}

TEST(KnownRules, NoRuleOfTheRegistryIsThereTwice) {
  for (const RuleKind* kind : rule_kinds()) {
    EXPECT_EQ(std::ranges::count_if(
                  rule_kinds(), [&](const RuleKind* other) { return other->name == kind->name; }),
              1)
        << kind->name;
  }
}

/// The words that make a kind, where they are not its name.
std::string_view words_of(const RuleKind& kind) {
  struct Words {
    std::string_view kind;
    std::string_view words;
  };
  constexpr auto kWords = std::to_array<Words>({{"length", "length`, `min_length`, `max_length"},
                                                {"byte_length", "max_bytes"},
                                                {"uuid_version", "uuid(version)"},
                                                {"not", "not_"}});
  const auto* found = std::ranges::find(kWords, kind.name, &Words::kind);
  return found != kWords.end() ? found->words : kind.name;
}

std::string rule_page() {
  std::string page =
      "# Rules of the typed door\n\n"
      "The words for `.check<&T::member>(...)` and for rule sets; each is a function in `namespace "
      "sluice`. A rule on an\n"
      "optional member passes when the member is empty, but for those that speak of presence. "
      "Where SQL is *yes*, the rule\n"
      "lowers to an expression of the engine with the same verdict. A rule of your own is "
      "`satisfies<function>(\"name\")`. No\n"
      "rule backtracks: each reads its text once.\n\n"
      "This page is made by a test (`UPDATE_GOLDEN=1`).\n\n"
      "| rule | passes | SQL |\n|---|---|---|\n";
  for (const RuleKind* kind : rule_kinds()) {
    const bool has_form = kind->lower != nullptr || !kind->pattern.empty();
    page +=
        fmt::format("| `{}` | {} | {} |\n", words_of(*kind), kind->summary, has_form ? "yes" : "");
  }
  page += "\n## By the name that another validator gives them\n\n| there | here |\n|---|---|\n";
  for (const KnownRule& rule : kKnownRules) {
    const auto kinds = rule_kinds();
    const auto found = std::ranges::find(kinds, rule.here, &RuleKind::name);
    page += fmt::format("| `{}` | `{}` |\n", rule.there == "|" ? "or" : rule.there,
                        found != kinds.end() ? words_of(**found) : rule.here);
  }
  return page;
}

TEST(KnownRules, ThePageOfRulesIsMadeOfTheRegistry) {
  const std::string path = "docs/orm-rules.md";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << rule_page();
  }
  std::stringstream written;
  written << std::ifstream(path).rdbuf();
  EXPECT_EQ(written.str(), rule_page()) << "UPDATE_GOLDEN=1 writes it";
}

}  // namespace
}  // namespace sluice::orm
