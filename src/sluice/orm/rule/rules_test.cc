#include "sluice/orm/rule/rules.h"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/orm/rule/registry.h"

namespace sluice::orm {
namespace {

struct TextCase {
  const RuleKind* kind;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

std::vector<TextCase> text_cases();

bool passes_text(const RuleKind& kind, const std::string& text) {
  const RuleNode node{.kind = &kind};
  return kind.check(node, {.type = &internal::type_of<std::string>, .value = &text});
}

TEST(Rules, EachTextRuleTellsGoodFromBad) {
  for (const TextCase& c : text_cases()) {
    for (const std::string& text : c.good) {
      EXPECT_TRUE(passes_text(*c.kind, text)) << c.kind->name << " should pass: '" << text << "'";
    }
    for (const std::string& text : c.bad) {
      EXPECT_FALSE(passes_text(*c.kind, text)) << c.kind->name << " should fail: '" << text << "'";
    }
    EXPECT_FALSE(c.good.empty() || c.bad.empty()) << c.kind->name;
  }
}

TEST(Rules, EveryKindHasANameOfItsOwnAndASummary) {
  std::set<std::string_view> names;
  for (const RuleKind* kind : rule_kinds()) {
    EXPECT_TRUE(names.insert(kind->name).second) << kind->name;
    EXPECT_FALSE(kind->summary.empty()) << kind->name;
    EXPECT_NE(kind->check, nullptr) << kind->name;
  }
  EXPECT_GE(names.size(), 100U);
}

TEST(Rules, EveryTextRuleWithoutParametersIsInTheTable) {
  std::set<const RuleKind*> tested;
  for (const TextCase& c : text_cases()) {
    tested.insert(c.kind);
  }
  const std::set<const RuleKind*> elsewhere{&kRequired,
                                            &kAbsent,
                                            &kRequiredIf,
                                            &kRequiredUnless,
                                            &kRequiredWith,
                                            &kRequiredWithout,
                                            &kAbsentIf,
                                            &kAbsentWith,
                                            &kAtLeast,
                                            &kAtMost,
                                            &kGreaterThan,
                                            &kLessThan,
                                            &kBetween,
                                            &kEqualTo,
                                            &kNotEqualTo,
                                            &kMultipleOf,
                                            &kFinite,
                                            &kLength,
                                            &kByteLength,
                                            &kOneOf,
                                            &kNoneOf,
                                            &kOneOfIgnoringCase,
                                            &kContains,
                                            &kExcludes,
                                            &kContainsAny,
                                            &kExcludesAll,
                                            &kStartsWith,
                                            &kEndsWith,
                                            &kNotStartingWith,
                                            &kNotEndingWith,
                                            &kUuidVersion,
                                            &kAfter,
                                            &kBefore,
                                            &kUnique,
                                            &kEach,
                                            &kEachKey,
                                            &kAnyOf,
                                            &kNot,
                                            &kAllOf,
                                            &kSatisfies,
                                            &kSameAs,
                                            &kDifferentFrom,
                                            &kGreaterThanMember,
                                            &kAtLeastMember,
                                            &kLessThanMember,
                                            &kAtMostMember,
                                            &kContainsMember};
  for (const RuleKind* kind : rule_kinds()) {
    EXPECT_TRUE(tested.contains(kind) || elsewhere.contains(kind)) << kind->name;
  }
}

std::string times(std::size_t count, const std::string& text) {
  std::string repeated;
  for (std::size_t i = 0; i < count; ++i) {
    repeated += text;
  }
  return repeated;
}

std::vector<TextCase> network_cases() {
  return {
      {&kEmail,
       {"a@b.co", "first.last+tag@sub.example.org", "o'neil@example.ie", "x@1.example.museum",
        times(64, "a") + "@b.co"},
       {"",
        "a",
        "@b.co",
        "a@",
        "a@b",
        "a@b.",
        "a@.co",
        "a@b..co",
        ".a@b.co",
        "a.@b.co",
        "a..b@c.de",
        "a b@c.de",
        "a@b@c.de",
        "Ann <a@b.co>",
        "a@-b.co",
        "a@b-.co",
        "a@b.1",
        "a@b_c.de",
        times(65, "a") + "@b.co",
        "a@" + times(60, "a.") + times(70, "b.") + "co",
        "a@b.co "}},
      {&kUrl,
       {"http://a", "https://example.com/x?y=1#z", "ftp://u:p@h:21/f", "file:///etc",
        "ws://[::1]:80"},
       {"", "a", "http:", "http://", "http:///x", "//a/b", "1http://a", "http://a b", "http://a:0",
        "http://a:99999", "mailto:x@y.z", "http://a/%zz"}},
      {&kHttpUrl, {"http://a", "HTTPS://a.b/c"}, {"ftp://a", "http", "httpx://a"}},
      {&kHttpsUrl, {"https://a"}, {"http://a", "https://"}},
      {&kUri, {"mailto:x@y.z", "urn:a:b", "http://a"}, {"", "a", ":a", "a:", "a b:c", "x:%1"}},
      {&kUrn,
       {"urn:isbn:0451450523", "URN:ietf:rfc:2648"},
       {"urn:", "urn:a:b", "urn:ab:", "isbn:1"}},
      {&kHostname,
       {"a", "example.com", "1a.b-c", times(63, "a")},
       {"", "a.", ".a", "-a", "a-", "a_b", "a..b", times(64, "a"), times(127, "a.") + "a."}},
      {&kFqdn, {"example.com", "example.com."}, {"localhost", "", "a.1", "a..b"}},
      {&kHostPort,
       {"a:1", "[::1]:443", "1.2.3.4:65535"},
       {"a", "a:", ":1", "a:0", "a:65536", "::1:1"}},
      {&kPort, {"1", "65535"}, {"", "0", "65536", "01", "-1", "1 "}},
      {&kDnsLabel, {"a", "a-1"}, {"", "A", "1a", "a-", "a.b"}},
      {&kIp, {"1.2.3.4", "::1"}, {"", "1.2.3", "::g"}},
      {&kIpv4,
       {"0.0.0.0", "255.255.255.255"},
       {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "1..2.3"}},
      {&kIpv6,
       {"::", "::1", "1::", "2001:db8::8a2e:370:7334", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4",
        "1:2:3:4:5:6:7::"},
       {"", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::1.2.3",
        "1:2:3:4:5:6:7:8::", ":1", "1:", "1.2.3.4"}},
      {&kCidr, {"10.0.0.0/8", "fd00::/8"}, {"10.0.0.0", "10.0.0.0/33", "::/129"}},
      {&kCidrv4, {"10.0.0.0/0", "1.2.3.4/32"}, {"::/8", "1.2.3.4/33", "1.2.3.4/08", "1.2.3.4/"}},
      {&kCidrv6, {"::/0", "fe80::/128"}, {"1.2.3.4/8", "::/129", "::/"}},
      {&kMac,
       {"00:1b:44:11:3a:b7", "00-1B-44-11-3A-B7", "00:11:22:33:44:55:66:77"},
       {"", "00:1b:44:11:3a", "00:1b-44:11:3a:b7", "001b44113ab7", "00:1b:44:11:3a:bg"}},
      {&kDataUri, {"data:,x", "data:text/plain;base64,QQ=="}, {"", "data:", "data:text,x", "x:,y"}},
  };
}

std::vector<TextCase> format_cases() {
  return {
      {&kUuid,
       {"0198c2a4-7d3e-7b1c-8f00-0123456789ab", "0198C2A4-7D3E-7B1C-8F00-0123456789AB"},
       {"", "0198c2a47d3e7b1c8f000123456789ab", "0198c2a4-7d3e-7b1c-8f00-0123456789ag",
        "{0198c2a4-7d3e-7b1c-8f00-0123456789ab}"}},
      {&kUlid,
       {"01ARZ3NDEKTSV4RRFFQ69G5FAV"},
       {"", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAU"}},
      {&kKsuid,
       {"0ujtsYcgvSTl8PAuAdqWYSMnLOv", "aWgEPTl1tmebfsQzFP4bxwgy80V"},
       {"", "aWgEPTl1tmebfsQzFP4bxwgy80W", "0ujtsYcgvSTl8PAuAdqWYSMnLO-"}},
      {&kMd5, {times(32, "a")}, {"", times(31, "a"), times(32, "g")}},
      {&kSha1, {times(40, "0")}, {times(41, "0")}},
      {&kSha256, {times(64, "F")}, {times(63, "F"), times(64, "x")}},
      {&kSha384, {times(96, "1")}, {times(95, "1")}},
      {&kSha512, {times(128, "1")}, {times(127, "1")}},
      {&kObjectId,
       {"507f1f77bcf86cd799439011"},
       {"507f1f77bcf86cd79943901", "x07f1f77bcf86cd799439011"}},
      {&kSemver,
       {"0.0.0", "1.2.3-alpha.1+build.5", "1.0.0-0A.is.legal", "10.20.30"},
       {"", "1", "1.2", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3+", "v1.2.3", "1.2.3-a..b"}},
      {&kCve,
       {"CVE-2021-44228", "CVE-1999-0001"},
       {"", "CVE-21-1234", "cve-2021-1234", "CVE-2021-123"}},
      {&kCron,
       {"* * * * *", "*/5 0-6 1,15 JAN-MAR MON", "0 12 ? * 7", "@daily", "0 0 1 1 *"},
       {"", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "*/0 * * * *", "5-1 * * * *",
        "* * * * * *", "@never", "? * * * *", "a * * * *"}},
      {&kE164,
       {"+6421123456", "14155552671"},
       {"", "+", "+0123456789", "1234567", "+1234567890123456", "+64 21 123"}},
      {&kIsbn, {"0-306-40615-2", "9780306406157"}, {"0306406153", "9780306406158", ""}},
      {&kIsbn10,
       {"0306406152", "080442957X", "0-8044-2957-X"},
       {"0306406151", "X306406152", "080442957x"}},
      {&kIsbn13,
       {"978-0-306-40615-7", "9780306406157"},
       {"9780306406156", "5901234123457", "978030640615"}},
      {&kIssn, {"0378-5955", "2434-561X"}, {"0378-5954", "03785955", ""}},
      {&kCreditCard,
       {"4111111111111111", "4111 1111 1111 1111", "378282246310005"},
       {"4111111111111112", "411111111111", "-4111111111111111", "", "4111111111111111X"}},
      {&kLuhn, {"79927398713", "0"}, {"79927398710", "", "7992739871a"}},
      {&kIban,
       {"GB82WEST12345698765432", "DE89370400440532013000"},
       {"GB82WEST12345698765431", "GB82 WEST 1234 5698 7654 32", "", "gb82WEST12345698765432"}},
      {&kBic, {"DEUTDEFF", "DEUTDEFF500"}, {"DEUTDEF", "deutdeff", "DEUT1EFF", ""}},
      {&kEan, {"4006381333931", "73513537"}, {"4006381333932", "7351353", ""}},
      {&kSsn,
       {"219-09-9999"},
       {"000-09-9999", "666-09-9999", "900-09-9999", "219-00-9999", "219-09-0000", "219099999"}},
      {&kEin, {"12-3456789"}, {"123456789", "12-345678"}},
      {&kBitcoinAddress,
       {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"},
       {"", "0A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfN0", "bc1qb"}},
      {&kEthereumAddress, {"0x" + times(40, "a")}, {times(42, "a"), "0x" + times(39, "a")}},
      {&kHexColor, {"#fff", "#FFFF", "#a1b2c3", "#a1b2c3d4"}, {"fff", "#ff", "#fffff", "#ggg"}},
      {&kRgb,
       {"rgb(0,127,255)", "rgb( 1 , 2 , 3 )"},
       {"rgb(0,0,256)", "rgb(0,0)", "rgba(0,0,0)", "rgb(0,0,0"}},
      {&kHsl, {"hsl(360, 100%, 0%)"}, {"hsl(361,1%,1%)", "hsl(1,1,1)", "hsl(1,1%,101%)"}},
      {&kJwt, {"eyJh.eyJz.SflK"}, {"", "a.b", "eyJh.eyJz", "eyJh.eyJz.SflK.x", "ey=h.eyJz.SflK"}},
  };
}

std::vector<TextCase> plain_cases() {
  return {
      {&kAlpha, {"abcXYZ"}, {"", "a1", "\xc3\xa9"}},
      {&kAlphanumeric, {"a1"}, {"", "a-1", "a 1"}},
      {&kAlphaSpace, {"a b", " "}, {"", "a1", "a\tb"}},
      {&kDigits, {"0123"}, {"", "-1", "1.0"}},
      {&kNumeric, {"1", "-1.5", "+0.0"}, {"", ".5", "5.", "1e3", "--1", "1.2.3"}},
      {&kBoolean, {"true", "0"}, {"", "TRUE", "yes"}},
      {&kHexadecimal, {"0xFf", "12ab"}, {"", "0x", "g"}},
      {&kLowercase, {"abc1", "\xc3\xa9"}, {"", "aB"}},
      {&kUppercase, {"ABC1"}, {"", "Ab"}},
      {&kAscii, {"", "a\n\x7f"}, {"\xc3\xa9"}},
      {&kPrintableAscii, {"a ~"}, {"", "a\n", "\x7f"}},
      {&kNotBlank, {" a ", "."}, {"", " \t\n"}},
      {&kTrimmed, {"", "a b"}, {" a", "a ", "\n"}},
      {&kSingleLine, {"", "a\tb"}, {"a\nb", "a\r"}},
      {&kIdentifier, {"_a1", "A"}, {"", "1a", "a-b"}},
      {&kSlug, {"a", "a-b-1"}, {"", "-a", "a-", "a--b", "A"}},
      {&kBase32, {"MZXW6===", "MZXW6YQ="}, {"", "MZXW6", "mzxw6===", "MZXW6Y=="}},
      {&kBase64, {"QQ==", "QUI=", "QUJD"}, {"", "Q", "QQ=", "Q===", "QU-D"}},
      {&kBase64Url, {"QU-_"}, {"", "QU+/", "QQ"}},
      {&kBase64RawUrl, {"QQ", "QU-"}, {"", "Q", "QQ=="}},
      {&kJson,
       {"null", "[1,{\"a\":[]}]", " \"x\\n\" ", "-0.5e+3"},
       {"", "[1,]", "{\"a\"}", "01", "nul", "\"\n\"", "\"\\x\"", "1 2",
        times(100, "[") + times(100, "]")}},
      {&kPercentEncoded, {"", "a%20b+c"}, {"a b", "%", "%2", "%zz"}},
      {&kHtmlFree, {"a < b", "<3", ""}, {"<b>", "x</b>", "<!-- -->"}},
      {&kCountryAlpha2, {"NZ", "AX"}, {"", "nz", "XX", "NZL", "ZL"}},
      {&kCountryAlpha3, {"NZL"}, {"NZ", "QQQ", ""}},
      {&kCountryNumeric, {"554", "004"}, {"4", "999", ""}},
      {&kCurrency, {"NZD", "EUR"}, {"", "eur", "XYZ", "ZDE"}},
      {&kLanguageTag,
       {"en", "en-NZ", "zh-Hant-TW", "x-private", "de-CH-1996", "en-u-ca-gregory"},
       {"", "e", "en-", "en--NZ", "toolongsub", "en-a", "12"}},
      {&kTimeZone,
       {"UTC", "Pacific/Auckland", "America/Argentina/Ushuaia", "Etc/GMT+5"},
       {"", "Auckland", "pacific/auckland", "A/B", "Pacific/Auck land"}},
      {&kLatitude, {"-90", "41.28", "+0"}, {"", "90.1", "x", "1e1", "1."}},
      {&kLongitude, {"-180", "174.77"}, {"180.5", ""}},
      {&kDate,
       {"2026-01-31", "2024-02-29"},
       {"", "2026-02-29", "2026-1-31", "2026-01-31T00:00:00Z"}},
      {&kDateTime,
       {"2026-01-31T12:00:00Z", "2026-01-31T12:00:00+13:00"},
       {"", "12:00", "2026-01-32T12:00:00Z"}},
  };
}

std::vector<TextCase> text_cases() {
  std::vector<TextCase> cases = network_cases();
  for (auto& more : {format_cases(), plain_cases()}) {
    cases.insert(cases.end(), more.begin(), more.end());
  }
  return cases;
}

}  // namespace
}  // namespace sluice::orm
