// Which columns a contract's steps read and make, as far as no engine is needed to see it.
// It answers three questions: may a name be meant at all, where does a rule without a phase run,
// and which columns come from masked ones. What a whole SELECT makes is only known by the words in
// it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/contract/model/contract.h"

namespace sluice::contract {

/// A column that a step makes, and the columns it is made from.
struct MadeColumn {
  Text column;
  Texts sources;
  bool is_rewrite = false;  // the column existed before: trim, lower, derive of itself ...
};

/// Columns that the step's parameters name for reading, with their places.
Texts columns_read(const Step& step);

/// Columns that the step makes or rewrites; a whole SELECT gives none.
std::vector<MadeColumn> columns_made(const Step& step);

/// The step behind the schema after which the column is there no more; null: it stays, or no one
/// can tell.
const Transformation* find_remover(const Contract& contract, std::string_view column);

class ColumnFlow {
 public:
  explicit ColumnFlow(const Contract& contract);

  /// Steps in the order in which they run: pre, then post.
  const std::vector<const Transformation*>& steps() const { return steps_; }

  /// A field, a column that a step makes, a column that the run adds, or a word of a SELECT.
  bool is_known(std::string_view column) const;
  /// Made by a post step and by nothing before it.
  bool is_made_by_post_only(std::string_view column) const;
  /// False when the model declares nothing, so that any column may exist.
  bool has_model() const { return has_model_; }
  /// Names to suggest, fields first.
  std::vector<std::string_view> known_names() const;

 private:
  bool has_model_ = false;
  std::vector<const Transformation*> steps_;
  std::vector<std::string> known_;
  std::vector<std::string> words_of_selects_;
  std::vector<std::string> made_pre_;
  std::vector<std::string> made_post_;
};

/// Where the rule runs: as written, else post when it reads a column that only a post step makes.
Phase effective_phase(const RowRule& rule, const ColumnFlow& flow);

}  // namespace sluice::contract
