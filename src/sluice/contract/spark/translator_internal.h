// One text on its way from Spark's words to the engine's: tokens are walked once, operands become
// pieces that know where they come from, and calls are filled into the spellings of the tables.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/contract/spark/functions_internal.h"
#include "sluice/contract/spark/spark_sql.h"
#include "sluice/contract/spark/tokens_internal.h"

namespace sluice::contract::internal {

/// A part of the output.
struct SparkPiece {
  std::string text;
  std::vector<SqlOrigin> origins;

  /// `words` of ours, made from a stretch of what was written.
  void add(std::string_view words, std::size_t begin, std::size_t length);
  void add_verbatim(std::string_view words, std::size_t begin);
  void add(const SparkPiece& piece);
  void shorten(std::size_t length);
  SparkPiece behind(std::size_t length) const;
};

/// SparkTokens from `first` up to `last`.
struct TokenRange {
  std::size_t first = 0;
  std::size_t last = 0;

  bool is_empty() const { return first >= last; }
};

struct SparkCall {
  std::size_t token = 0;  // of the name
  std::string_view name;
  std::vector<TokenRange> arguments;
  bool is_distinct = false;
};

class SparkTranslator {
 public:
  SparkTranslator(std::string_view sql, const SparkTokens& tokens) : sql_(sql), tokens_(tokens) {}

  SparkTranslation translate();

 private:
  using Special = SparkPiece (SparkTranslator::*)(const SparkCall& call);
  struct SpecialCall {
    std::string_view name;
    std::size_t arguments_min;
    std::size_t arguments_max;
    Special make;
  };
  static std::span<const SpecialCall> special_calls();
  friend std::vector<std::string_view> spark_special_names();

  /// One level of brackets while it is walked.
  struct Walk {
    TokenRange range;
    std::size_t at = 0;
    SparkPiece out;
    std::optional<std::size_t> operand;  // the first token of the last operand
    std::size_t operand_begin = 0;       // where it begins in `out`
    unsigned signs = 0;                  // that were met since the last comparison
    bool is_sorted = false;              // behind ORDER BY
    bool is_negated = false;             // NOT stood before the word at hand
  };

  SparkPiece walk(TokenRange range);
  void step(Walk& walk);
  void take_operand(Walk& walk);
  void take_sign(Walk& walk);
  void take_word(Walk& walk);
  void take_like(Walk& walk);
  void take_rlike(Walk& walk);
  void take_order(Walk& walk);
  void end_sort_item(Walk& walk);
  void take_divisor(Walk& walk, std::string_view sign);
  void note_sign(Walk& walk, unsigned sign);
  bool refuse_clause(const Walk& walk);
  void put(Walk& walk, std::string_view words, std::size_t count = 1);

  SparkPiece operand(std::size_t& at, std::size_t last);
  SparkPiece primary(std::size_t& at, std::size_t last);
  SparkPiece text_literal(std::size_t& at, std::size_t last);
  SparkPiece number(std::size_t at);
  SparkPiece case_of(std::size_t& at, std::size_t last);
  SparkPiece element_of(const SparkPiece& list, std::size_t open);
  SparkPiece call(std::size_t& at);
  SparkPiece fill(const SparkCall& call, std::string_view spelling);
  SparkPiece fill(std::size_t token, std::string_view spelling,
                  std::span<const SparkPiece> arguments, bool is_distinct = false);

  // Calls whose arguments decide how they are written.
  SparkPiece cast_call(const SparkCall& call);
  SparkPiece cast_function(const SparkCall& call);
  SparkPiece concat_ws(const SparkCall& call);
  SparkPiece regexp_replace(const SparkCall& call);
  SparkPiece sha2(const SparkCall& call);
  SparkPiece decode(const SparkCall& call);
  SparkPiece element_at(const SparkCall& call);
  SparkPiece named_struct(const SparkCall& call);
  SparkPiece sort_array(const SparkCall& call);
  SparkPiece first_or_last(const SparkCall& call);
  SparkPiece trim_from(const SparkCall& call);
  SparkPiece substring_from(const SparkCall& call);
  SparkPiece date_format(const SparkCall& call);
  SparkPiece parse_date(const SparkCall& call);
  SparkPiece truncate_date(const SparkCall& call);
  SparkPiece extract(const SparkCall& call);
  SparkPiece add_units(const SparkCall& call);
  SparkPiece count_units(const SparkCall& call);

  /// `type` in the engine's words; empty where it has none.
  std::string type_name(TokenRange type);
  SparkPiece cast(std::size_t token, const SparkPiece& value, std::string_view type, bool is_try);

  const SparkToken& token(std::size_t at) const { return tokens_.list[at]; }
  bool is_sign(std::size_t at, std::string_view sign) const;
  bool is_word(std::size_t at, std::string_view word) const;
  bool is_call(std::size_t at) const;
  bool begins_operand(std::size_t at) const;
  bool ends_operand(std::size_t at) const;
  bool is_arithmetic(std::size_t at) const;
  std::vector<TokenRange> split(TokenRange range) const;
  /// The first token with this word outside of inner brackets.
  std::optional<std::size_t> find_word(TokenRange range, std::string_view word) const;
  /// The text of a literal that stands alone.
  std::optional<std::string> literal_of(TokenRange range) const;
  std::vector<SparkPiece> with_pattern(const SparkCall& call);
  std::vector<SparkPiece> pieces_of(const SparkCall& call);
  void fault(std::size_t at, std::string message, std::string hint = {});
  SparkPiece refused(std::size_t at, std::string message, std::string hint = {});

  std::string_view sql_;
  const SparkTokens& tokens_;
  std::vector<SparkFault> faults_;
  int depth_ = 0;
};

/// 'text', with quotes doubled.
std::string spark_literal(std::string_view text);

/// A pattern of Java's dates for strftime and strptime; empty when a letter has no counterpart.
std::string strftime_of(std::string_view java);

/// Names of the calls that no table can spell, in capitals.
std::vector<std::string_view> spark_special_names();

/// Words that are no names: SELECT, AND, OVER.
bool is_spark_keyword(std::string_view word);

}  // namespace sluice::contract::internal
