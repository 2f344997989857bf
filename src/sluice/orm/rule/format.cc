// Rules for identifiers of fixed form and their check digits.
#include "sluice/orm/rule/rules.h"
#include "sluice/orm/rule/scan_internal.h"

namespace sluice::orm {
namespace {

bool is_uuid_form(std::string_view text) {
  if (text.size() != 36) {
    return false;
  }
  for (std::size_t i = 0; i < 36; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is(text[i], kHex)) {
      return false;
    }
  }
  return true;
}

bool check_uuid_version(const RuleNode& node, const Subject& subject) {
  const std::string_view text = subject.text();
  return is_uuid_form(text) && text[14] - '0' == node.low.integer &&
         std::string_view{"89abAB"}.find(text[19]) != std::string_view::npos;
}

bool is_ulid(std::string_view text) {
  if (text.size() != 26 || text[0] < '0' || text[0] > '7') {
    return false;
  }
  for (const char c : text) {
    if (!is(c, kAlnum) || std::string_view{"ILOUilou"}.find(c) != std::string_view::npos) {
      return false;
    }
  }
  return true;
}

/// 20 bytes in base 62: what is larger than 2^160 has no such bytes.
bool is_ksuid(std::string_view text) {
  return text.size() == 27 && all_are(text, kAlnum) && text <= "aWgEPTl1tmebfsQzFP4bxwgy80V";
}

template <std::size_t Size>
bool is_hash(std::string_view text) {
  return text.size() == Size && all_are(text, kHex);
}

bool take_identifiers(std::string_view& text, bool numbers_without_zero) {
  while (true) {
    std::size_t length = 0;
    while (length < text.size() && (is(text[length], kAlnum) || text[length] == '-')) {
      ++length;
    }
    const std::string_view part = text.substr(0, length);
    if (part.empty() ||
        (numbers_without_zero && part.size() > 1 && part[0] == '0' && all_are(part, kDigit))) {
      return false;
    }
    text.remove_prefix(length);
    if (!take(text, '.')) {
      return true;
    }
  }
}

bool take_semver_number(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && is(text[length], kDigit)) {
    ++length;
  }
  const bool good = length == 1 || (length > 1 && text[0] != '0');
  text.remove_prefix(length);
  return good;
}

bool is_semver(std::string_view text) {
  if (!take_semver_number(text) || !take(text, '.') || !take_semver_number(text) ||
      !take(text, '.') || !take_semver_number(text)) {
    return false;
  }
  if (take(text, '-') && !take_identifiers(text, true)) {
    return false;
  }
  if (take(text, '+') && !take_identifiers(text, false)) {
    return false;
  }
  return text.empty();
}

bool is_cve(std::string_view text) {
  return text.size() >= 13 && text.starts_with("CVE-") && all_are(text.substr(4, 4), kDigit) &&
         text[8] == '-' && all_are(text.substr(9), kDigit);
}

bool is_e164(std::string_view text) {
  take(text, '+');
  return text.size() >= 8 && text.size() <= 15 && text[0] != '0' && all_are(text, kDigit);
}

/// Copies the digits (and a final X), skipping dashes and blanks between them; 0 when there is
/// anything else or too much of it.
std::size_t compact(std::string_view text, char* out, std::size_t room) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c == '-' || c == ' ') && size > 0 && i + 1 < text.size()) {
      continue;
    }
    if (size == room || (!is(c, kDigit) && !(c == 'X' && i + 1 == text.size()))) {
      return 0;
    }
    out[size++] = c;
  }
  return size;
}

bool is_isbn10(std::string_view text) {
  char digits[10];
  if (compact(text, digits, 10) != 10) {
    return false;
  }
  int sum = 0;
  for (int i = 0; i < 10; ++i) {
    sum += (10 - i) * (digits[i] == 'X' ? 10 : digits[i] - '0');
  }
  return sum % 11 == 0;
}

/// EAN of 8 or 13 digits: weights 1 and 3 from the right.
bool has_ean_digit(const char* digits, std::size_t size) {
  int sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (digits[i] == 'X') {
      return false;
    }
    sum += (digits[i] - '0') * ((size - i) % 2 == 1 ? 1 : 3);
  }
  return sum % 10 == 0;
}

bool is_isbn13(std::string_view text) {
  char digits[13];
  return compact(text, digits, 13) == 13 && digits[0] == '9' && digits[1] == '7' &&
         (digits[2] == '8' || digits[2] == '9') && has_ean_digit(digits, 13);
}

bool is_isbn(std::string_view text) { return is_isbn10(text) || is_isbn13(text); }

bool is_ean(std::string_view text) {
  return (text.size() == 8 || text.size() == 13) && all_are(text, kDigit) &&
         has_ean_digit(text.data(), text.size());
}

bool is_issn(std::string_view text) {
  if (text.size() != 9 || text[4] != '-') {
    return false;
  }
  int sum = 0;
  int weight = 8;
  for (std::size_t i = 0; i < 9; ++i) {
    if (i == 4) {
      continue;
    }
    if (!is(text[i], kDigit) && !(i == 8 && text[i] == 'X')) {
      return false;
    }
    sum += weight-- * (text[i] == 'X' ? 10 : text[i] - '0');
  }
  return sum % 11 == 0;
}

bool has_luhn_digit(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (std::size_t i = digits.size(); i-- > 0; twice = !twice) {
    int digit = digits[i] - '0';
    digit = twice ? digit * 2 : digit;
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 == 0;
}

bool is_luhn(std::string_view text) { return all_are(text, kDigit) && has_luhn_digit(text); }

bool is_credit_card(std::string_view text) {
  char digits[19];
  const std::size_t size = compact(text, digits, 19);
  const std::string_view number(digits, size);
  return size >= 12 && all_are(number, kDigit) && has_luhn_digit(number);
}

bool is_iban(std::string_view text) {
  if (text.size() < 15 || text.size() > 34 || !all_are(text.substr(0, 2), kUpper) ||
      !all_are(text.substr(2, 2), kDigit) || !all_are(text.substr(4), kUpper | kDigit)) {
    return false;
  }
  int rest = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[(i + 4) % text.size()];
    rest = is(c, kDigit) ? (rest * 10 + (c - '0')) % 97 : (rest * 100 + (c - 'A' + 10)) % 97;
  }
  return rest == 1;
}

bool is_bic(std::string_view text) {
  return (text.size() == 8 || text.size() == 11) && all_are(text.substr(0, 6), kUpper) &&
         all_are(text.substr(6), kUpper | kDigit);
}

bool is_ssn(std::string_view text) {
  if (text.size() != 11 || text[3] != '-' || text[6] != '-' ||
      !all_are(text.substr(0, 3), kDigit) || !all_are(text.substr(4, 2), kDigit) ||
      !all_are(text.substr(7), kDigit)) {
    return false;
  }
  return text.substr(0, 3) != "000" && text.substr(0, 3) != "666" && text[0] != '9' &&
         text.substr(4, 2) != "00" && text.substr(7) != "0000";
}

bool is_ein(std::string_view text) {
  return text.size() == 10 && text[2] == '-' && all_are(text.substr(0, 2), kDigit) &&
         all_are(text.substr(3), kDigit);
}

bool is_bitcoin(std::string_view text) {
  if (text.starts_with("bc1")) {
    return text.size() >= 14 && text.size() <= 74 && all_are(text, kLower | kDigit) &&
           text.substr(3).find_first_of("1bio") == std::string_view::npos;
  }
  return text.size() >= 26 && text.size() <= 35 && (text[0] == '1' || text[0] == '3') &&
         all_are(text, kAlnum) && text.find_first_of("0OIl") == std::string_view::npos;
}

bool is_ethereum(std::string_view text) {
  return text.size() == 42 && text.starts_with("0x") && all_are(text.substr(2), kHex);
}

bool is_hex_color(std::string_view text) {
  const std::size_t size = text.size();
  return text.starts_with('#') && (size == 4 || size == 5 || size == 7 || size == 9) &&
         all_are(text.substr(1), kHex);
}

void skip_blanks(std::string_view& text) {
  while (take(text, ' ')) {
  }
}

bool is_rgb(std::string_view text) {
  if (!text.starts_with("rgb(")) {
    return false;
  }
  text.remove_prefix(4);
  for (int i = 0; i < 3; ++i) {
    skip_blanks(text);
    if (!take_number(text, 255)) {
      return false;
    }
    skip_blanks(text);
    if (!take(text, i < 2 ? ',' : ')')) {
      return false;
    }
  }
  return text.empty();
}

bool is_hsl(std::string_view text) {
  if (!text.starts_with("hsl(")) {
    return false;
  }
  text.remove_prefix(4);
  for (int i = 0; i < 3; ++i) {
    skip_blanks(text);
    if (!take_number(text, i == 0 ? 360 : 100) || (i > 0 && !take(text, '%'))) {
      return false;
    }
    skip_blanks(text);
    if (!take(text, i < 2 ? ',' : ')')) {
      return false;
    }
  }
  return text.empty();
}

struct CronField {
  unsigned low;
  unsigned high;
  std::string_view names;  // three letters each
};

constexpr CronField kCronFields[] = {{0, 59, {}},
                                     {0, 23, {}},
                                     {1, 31, {}},
                                     {1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
                                     {0, 7, "SUNMONTUEWEDTHUFRISAT"}};

bool take_cron_value(std::string_view& text, const CronField& field, unsigned* value) {
  if (text.size() >= 3 && is(text[0], kUpper)) {
    const std::size_t at = field.names.find(text.substr(0, 3));
    if (at == std::string_view::npos || at % 3 != 0) {
      return false;
    }
    *value = field.low + static_cast<unsigned>(at / 3);
    text.remove_prefix(3);
    return true;
  }
  return take_number(text, field.high, value) && *value >= field.low;
}

bool take_cron_field(std::string_view& text, const CronField& field) {
  do {
    unsigned from = field.low;
    unsigned to = field.high;
    if (!take(text, '*') && !(&field != &kCronFields[0] && &field != &kCronFields[1] &&
                              &field != &kCronFields[3] && take(text, '?'))) {
      if (!take_cron_value(text, field, &from)) {
        return false;
      }
      if (take(text, '-') && (!take_cron_value(text, field, &to) || to < from)) {
        return false;
      }
    }
    unsigned step = 1;
    if (take(text, '/') && (!take_number(text, field.high, &step) || step == 0)) {
      return false;
    }
  } while (take(text, ','));
  return true;
}

bool is_cron(std::string_view text) {
  for (const std::string_view word :
       {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}) {
    if (text == word) {
      return true;
    }
  }
  for (int i = 0; i < 5; ++i) {
    if (i > 0) {
      if (!take(text, ' ')) {
        return false;
      }
      skip_blanks(text);
    }
    if (!take_cron_field(text, kCronFields[i])) {
      return false;
    }
  }
  return text.empty();
}

}  // namespace

const RuleKind kUuid{.name = "uuid",
                     .summary = "A UUID of any version, in either case",
                     .check = check_text<is_uuid_form>,
                     .pattern = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"};
const RuleKind kUuidVersion{.name = "uuid_version",
                            .summary = "A UUID of one version and the RFC's variant",
                            .check = check_uuid_version};
const RuleKind kUlid{.name = "ulid",
                     .summary = "A ULID: 26 characters of Crockford's base 32",
                     .check = check_text<is_ulid>,
                     .pattern = "^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$"};
const RuleKind kKsuid{
    .name = "ksuid", .summary = "A KSUID: 27 characters of base 62", .check = check_text<is_ksuid>};
const RuleKind kMd5{.name = "md5",
                    .summary = "32 hexadecimal digits",
                    .check = check_text<is_hash<32>>,
                    .pattern = "^[0-9A-Fa-f]{32}$"};
const RuleKind kSha1{.name = "sha1",
                     .summary = "40 hexadecimal digits",
                     .check = check_text<is_hash<40>>,
                     .pattern = "^[0-9A-Fa-f]{40}$"};
const RuleKind kSha256{.name = "sha256",
                       .summary = "64 hexadecimal digits",
                       .check = check_text<is_hash<64>>,
                       .pattern = "^[0-9A-Fa-f]{64}$"};
const RuleKind kSha384{.name = "sha384",
                       .summary = "96 hexadecimal digits",
                       .check = check_text<is_hash<96>>,
                       .pattern = "^[0-9A-Fa-f]{96}$"};
const RuleKind kSha512{.name = "sha512",
                       .summary = "128 hexadecimal digits",
                       .check = check_text<is_hash<128>>,
                       .pattern = "^[0-9A-Fa-f]{128}$"};
const RuleKind kObjectId{.name = "object_id",
                         .summary = "24 hexadecimal digits",
                         .check = check_text<is_hash<24>>,
                         .pattern = "^[0-9A-Fa-f]{24}$"};
const RuleKind kSemver{
    .name = "semver", .summary = "A semantic version (2.0.0)", .check = check_text<is_semver>};
const RuleKind kCve{.name = "cve",
                    .summary = "CVE-year-number",
                    .check = check_text<is_cve>,
                    .pattern = "^CVE-[0-9]{4}-[0-9]{4,}$"};
const RuleKind kCron{.name = "cron",
                     .summary = "A cron expression of five fields, or @daily and its kin",
                     .check = check_text<is_cron>};
const RuleKind kE164{.name = "e164",
                     .summary = "A phone number: 8 to 15 digits, the first not 0, a + before them",
                     .check = check_text<is_e164>,
                     .pattern = "^\\+?[1-9][0-9]{7,14}$"};
const RuleKind kIsbn{
    .name = "isbn", .summary = "An ISBN of 10 or 13 digits", .check = check_text<is_isbn>};
const RuleKind kIsbn10{.name = "isbn10",
                       .summary = "An ISBN of 10 digits with its check digit",
                       .check = check_text<is_isbn10>};
const RuleKind kIsbn13{.name = "isbn13",
                       .summary = "An ISBN of 13 digits with its check digit",
                       .check = check_text<is_isbn13>};
const RuleKind kIssn{
    .name = "issn", .summary = "An ISSN with its check digit", .check = check_text<is_issn>};
const RuleKind kCreditCard{
    .name = "credit_card",
    .summary = "12 to 19 digits with a Luhn digit, dashes and blanks allowed",
    .check = check_text<is_credit_card>};
const RuleKind kLuhn{
    .name = "luhn", .summary = "Digits with a Luhn digit", .check = check_text<is_luhn>};
const RuleKind kIban{.name = "iban",
                     .summary = "An IBAN without blanks, with its check digits",
                     .check = check_text<is_iban>};
const RuleKind kBic{.name = "bic",
                    .summary = "A BIC (SWIFT code) of 8 or 11 characters",
                    .check = check_text<is_bic>,
                    .pattern = "^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$"};
const RuleKind kEan{.name = "ean",
                    .summary = "An EAN of 8 or 13 digits with its check digit",
                    .check = check_text<is_ean>};
const RuleKind kSsn{.name = "ssn",
                    .summary = "A social security number of the United States",
                    .check = check_text<is_ssn>};
const RuleKind kEin{.name = "ein",
                    .summary = "An employer number of the United States",
                    .check = check_text<is_ein>,
                    .pattern = "^[0-9]{2}-[0-9]{7}$"};
const RuleKind kBitcoinAddress{.name = "bitcoin_address",
                               .summary = "The form of a Bitcoin address (no checksum)",
                               .check = check_text<is_bitcoin>};
const RuleKind kEthereumAddress{.name = "ethereum_address",
                                .summary = "The form of an Ethereum address (no checksum)",
                                .check = check_text<is_ethereum>,
                                .pattern = "^0x[0-9A-Fa-f]{40}$"};
const RuleKind kHexColor{
    .name = "hex_color",
    .summary = "#rgb, #rgba, #rrggbb or #rrggbbaa",
    .check = check_text<is_hex_color>,
    .pattern = "^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})$"};
const RuleKind kRgb{
    .name = "rgb_color", .summary = "rgb(0, 127, 255)", .check = check_text<is_rgb>};
const RuleKind kHsl{
    .name = "hsl_color", .summary = "hsl(210, 50%, 40%)", .check = check_text<is_hsl>};

}  // namespace sluice::orm
