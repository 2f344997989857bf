// Random records for the tests that compare verdicts, and every rule that SQL can say, as rule sets
// on their members. The same seed gives the same records, so that a failure comes again.
//
// Used by the tests of this folder, each on one thread; holds nothing between calls.
#pragma once

#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "sluice/orm/rule/lower.h"
#include "sluice/orm/session/session.h"

namespace shop {

struct Sample {
  std::int64_t number;
  std::optional<std::string> text;
  double real;
  std::optional<std::int64_t> whole;
  sluice::Decimal<12, 3> exact;
  std::optional<double> other;
};

struct Found {
  std::int64_t number;
};

}  // namespace shop

namespace sluice::orm {

using shop::Sample;

inline constexpr auto kTextRules =
    rules<Sample>()
        .check<&Sample::text>(required(), absent(), alpha(), alphanumeric(), alpha_space(),
                              digits(), numeric(), boolean_text(), hexadecimal(), lowercase(),
                              uppercase(), ascii(), printable_ascii(), not_blank(), trimmed(),
                              single_line(), identifier(), slug())
        .check<&Sample::text>(contains("a."), excludes("-"), starts_with("a"), ends_with("z)"),
                              not_starting_with("(0"), not_ending_with("]"), length(2, 5),
                              length(3), min_length(7), max_length(2), one_of("a", "true"),
                              none_of("a", ""), equal_to("a"), not_equal_to("a"))
        .check<&Sample::text>(email(), dns_label(), ipv4(), cidrv4(), uuid(), ulid(), md5(), sha1(),
                              sha256(), sha384(), sha512(), object_id(), cve(), e164(), bic(),
                              ein(), ethereum_address(), hex_color())
        .check<&Sample::text>(any_of(ipv4(), email()), all_of(lowercase(), slug()), not_(ipv4()),
                              any_of(not_(required()), alpha()));

inline constexpr auto kNumberRules =
    rules<Sample>()
        .check<&Sample::real>(at_least(0.5), at_most(0), greater_than(-1), less_than(1e9),
                              between(-1, 1), equal_to(0), not_equal_to(0.5), one_of(0, 1),
                              latitude(), longitude())
        .check<&Sample::whole>(at_least(3), at_most(-3), between(-10, 10), one_of(1, 2, 3),
                               none_of(1, 2), not_(at_least(0)), required(), absent())
        .check<&Sample::exact>(at_least(1), less_than(0), between(-5, 5), equal_to(0))
        .check<&Sample::other>(same_as<&Sample::real>(), different_from<&Sample::real>(),
                               greater_than_member<&Sample::real>(),
                               at_least_member<&Sample::real>(), less_than_member<&Sample::real>(),
                               at_most_member<&Sample::real>());

inline const std::vector<std::string>& seeds() {
  static const std::vector<std::string> texts{"",
                                              "a",
                                              "true",
                                              "abc",
                                              "ABC",
                                              "a.b",
                                              "a-b-c",
                                              "(0a.z)",
                                              "12345",
                                              "-1.5",
                                              "0xFf",
                                              "a b",
                                              " a ",
                                              "a\nb",
                                              "\xc3\xa9t\xc3\xa9",
                                              "_id9",
                                              "first.last@example.com",
                                              "a@b.co",
                                              "1.2.3.4",
                                              "255.255.255.255",
                                              "10.0.0.0/8",
                                              "0198c2a4-7d3e-7b1c-8f00-0123456789ab",
                                              "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                                              std::string(32, 'd'),
                                              std::string(40, '0'),
                                              std::string(64, 'A'),
                                              std::string(96, '1'),
                                              std::string(128, 'f'),
                                              std::string(24, '5'),
                                              "CVE-2021-44228",
                                              "+6421123456",
                                              "DEUTDEFF500",
                                              "12-3456789",
                                              "0xde0b295669a9fd93d5f28d9ec85e40f4cb697bae",
                                              "#a1b2c3",
                                              "host-1",
                                              std::string(64, 'm') + "@b.co"};
  return texts;
}

/// Records among which every rule finds some that pass and some that fail.
class Samples {
 public:
  explicit Samples(std::uint64_t seed) : random_(seed) {}

  std::vector<Sample> make(std::size_t count) {
    std::vector<Sample> samples;
    for (std::size_t i = 0; i < count; ++i) {
      samples.push_back({.number = static_cast<std::int64_t>(i),
                         .text = pick(20) == 0 ? std::nullopt : std::optional(text()),
                         .real = real(),
                         .whole = pick(9) == 0 ? std::nullopt : std::optional(whole()),
                         .exact = {Int128{whole()} * 100},
                         .other = pick(9) == 0 ? std::nullopt : std::optional(real())});
    }
    return samples;
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  std::int64_t whole() { return static_cast<std::int64_t>(pick(41)) - 20; }

  double real() {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const std::vector<double> corners{0.0,   -0.0, 0.5,    1,         -1,         90,          -180,
                                      180.5, 1e9,  -1e300, kInfinity, -kInfinity, std::nan("")};
    return pick(2) == 0 ? corners[pick(corners.size())] : static_cast<double>(whole()) / 8;
  }

  /// One of the seeds with a few characters changed.
  std::string text() {
    static const std::string letters = "aAzZ09fFgG-_.@:/+#()] \t\n\\'\"%\x7f";
    std::string made = seeds()[pick(seeds().size())];
    for (std::size_t changes = pick(4); changes > 0; --changes) {
      const std::size_t at = pick(made.size() + 1);
      const std::string letter =
          pick(9) == 0 ? "\xc3\xa9" : std::string(1, letters[pick(letters.size())]);
      const bool is_ascii = at < made.size() && static_cast<unsigned char>(made[at]) < 0x80;
      if (is_ascii && pick(2) == 0) {
        made.replace(at, 1, pick(2) == 0 ? "" : letter);
      } else if (at == made.size() || is_ascii) {
        made.insert(at, letter);
      }
    }
    return made;
  }

  std::mt19937_64 random_;
};

/// The rule as SQL over the columns of a Sample, which are called as its members.
inline std::optional<plan::Expr> lowered_for_sample(const MemberRule& rule, const RuleNode& node) {
  const Type& type = *record_of<Sample>().find(rule.member)->type;
  const bool nullable = type.kind == Kind::Optional;
  return lower_rule(
      node,
      {.column = rule.member,
       .type = nullable ? type.element : &type,
       .column_of = [](const void*, std::string_view member) { return std::string(member); }},
      nullable);
}

/// The verdict of some rules of a set on each sample.
inline std::vector<bool> native_verdicts(std::span<const MemberRule> rules,
                                         std::span<const RuleNode> nodes,
                                         const std::vector<Sample>& samples) {
  const CheckPlan plan = make_check_plan(record_of<Sample>(), rules, nodes);
  std::vector<bool> verdicts;
  for (const Sample& sample : samples) {
    std::vector<Violation> violations;
    check_records(plan, &sample, sizeof(Sample), 1, 0, violations);
    verdicts.push_back(violations.empty());
  }
  return verdicts;
}

/// Which samples a condition of SQL selects from the table `samples`.
inline Result<std::vector<bool>> verdicts_in_sql(Session& db, const plan::Statement& select,
                                                 std::size_t count) {
  std::vector<bool> verdicts(count);
  SLUICE_TRY(const std::vector<shop::Found> found, db.query<shop::Found>(select));
  for (const shop::Found& row : found) {
    verdicts[static_cast<std::size_t>(row.number)] = true;
  }
  return verdicts;
}

inline std::string to_string(const Sample& sample) {
  return "'" + sample.text.value_or("NULL") + "' real " + std::to_string(sample.real) + " whole " +
         std::to_string(sample.whole.value_or(-777)) + " exact " +
         std::to_string(static_cast<std::int64_t>(sample.exact.unscaled)) + " other " +
         std::to_string(sample.other.value_or(-777));
}

}  // namespace sluice::orm
