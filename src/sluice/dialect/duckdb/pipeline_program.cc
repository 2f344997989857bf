// The statements of one run, from a bound pipeline.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/duckdb/pipeline_internal.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {
namespace {

using plan::RowEffect;
using std::string;

class ProgramWriter {
 public:
  ProgramWriter(const plan::BoundPipeline& bound, Evaluation evaluation, Reading reading,
                const ProgramFunctions& functions)
      : bound_(bound),
        pipeline_(bound.pipeline),
        evaluation_(evaluation),
        reading_(reading),
        functions_(functions) {}

  Result<Program> write();

 private:
  Status scan();
  Status scan_rows();
  Status scan_lines();
  Status steps(const std::vector<plan::BoundStep>& steps);
  Status step(const plan::PlannedStep& planned, const schema::Schema& output);
  Status row_by_row(const plan::PlannedStep& planned);
  Status dropping(const plan::PlannedStep& planned);
  Status adding(const plan::PlannedStep& planned, const schema::Schema& output);
  Status joining(const plan::PlannedStep& planned, const schema::Schema& output);
  Status reshaping(const plan::PlannedStep& planned, const schema::Schema& output);
  Status judge(const plan::Judgement& asked, std::string_view name, bool keep_raw);
  Status judge_at_gate(const plan::Judgement& asked);
  Result<string> judged_at(const plan::PlannedStep& step, const string& select,
                           std::vector<string>& judged) const;
  plan::Judgement judged_here(plan::Judgement judgement) const;
  std::vector<string> kept_columns(bool keep_raw) const;
  Status finish();
  Status settle_good();

  /// Makes a table of the rows as they are, unless they are one already.
  void make_table(ProgramStep& into);
  string new_table() {
    return program_.tables.emplace_back(fmt::format("sluice_{}", program_.tables.size() + 1));
  }
  /// From here on the rows come from `table`; the one before it is not read again.
  void move_to(ProgramStep& done, const string& table, bool is_kept = false);
  /// The rows' columns and ours, without what only counts.
  string columns() const;
  Status capture_raw(const schema::Schema& columns);
  Status type_whole();
  /// True when a step before could fail on a row.
  bool has_reasons() const;
  std::vector<plan::LineageColumn> lineage_of_bad() const;
  Result<string> bad_select(BadForm form) const;

  const plan::BoundPipeline& bound_;
  const plan::Pipeline& pipeline_;
  Evaluation evaluation_;
  Reading reading_;
  const ProgramFunctions& functions_;
  Program program_;
  Rows rows_;
  bool is_table_ = false;
  string origin_;  // the table that rows_ read; empty: the files
  bool is_origin_kept_ = false;
  schema::Schema raw_;        // what kRawColumn holds
  std::vector<string> made_;  // columns that are no part of it, or have other values there

  struct Refused {
    string table;
    schema::Schema raw;
    bool has_file = false;
    bool has_made = false;
    schema::Schema kept;  // columns that no step after the judgement makes
  };
  std::vector<Refused> refused_;
  string refused_lines_;  // the table of lines that are no records; empty: none are looked for
};

string names_of(const schema::Schema& columns) {
  std::vector<string> names;
  for (const schema::Field& field : columns.fields) {
    names.push_back(field.name);
  }
  return names.empty() ? "NULL AS _sluice_none" : quote_columns(names);
}

string ProgramWriter::columns() const { return names_of(rows_.columns) + hidden_list(rows_, ""); }

void ProgramWriter::make_table(ProgramStep& into) {
  if (is_table_) {
    return;
  }
  const string table = new_table();
  into.statements.push_back(
      fmt::format("CREATE OR REPLACE TEMP TABLE {} AS SELECT {} FROM {} AS source", table,
                  columns(), rows_.from));
  move_to(into, table);
  rows_.from = table;
  is_table_ = true;
}

void ProgramWriter::move_to(ProgramStep& done, const string& table, bool is_kept) {
  if (!origin_.empty() && !is_origin_kept_) {
    done.spent.push_back(origin_);
  }
  origin_ = table;
  is_origin_kept_ = is_kept;
}

bool ProgramWriter::has_reasons() const { return std::ranges::any_of(rows_.hidden, is_reason); }

/// Beside a deduplication's rows, which of them its key's rule refuses.
Result<string> ProgramWriter::judged_at(const plan::PlannedStep& step, const string& select,
                                        std::vector<string>& judged) const {
  string list;
  for (std::size_t i = 0; i < pipeline_.row_rules.size(); ++i) {
    const plan::RowRule& rule = pipeline_.row_rules[i];
    if (!rule.judged_at || &pipeline_.steps[*rule.judged_at] != &step) {
      continue;
    }
    SLUICE_TRY(const string predicate, render_inline(duckdb_dialect(), rule.predicate));
    judged.push_back(judged_column(i));
    list += fmt::format(", ({}) IS NOT TRUE AS {}", predicate, judged.back());
  }
  return judged.empty() ? select : fmt::format("SELECT *{} FROM ({}) AS source", list, select);
}

/// Without the rules of steps whose rows have left already, with those whose rows leave here.
plan::Judgement ProgramWriter::judged_here(plan::Judgement judgement) const {
  const auto is_marked = [&](std::size_t rule) {
    return std::ranges::find(rows_.hidden, judged_column(rule)) != rows_.hidden.end();
  };
  std::erase_if(judgement.rules, [&](std::size_t rule) {
    return pipeline_.row_rules[rule].judged_at && !is_marked(rule);
  });
  for (std::size_t i = 0; i < pipeline_.row_rules.size(); ++i) {
    if (is_marked(i) && std::ranges::find(judgement.rules, i) == judgement.rules.end()) {
      judgement.rules.push_back(i);
    }
  }
  return judgement;
}

Status ProgramWriter::capture_raw(const schema::Schema& columns) {
  const string members = struct_members(columns);
  std::erase(rows_.hidden, kRawColumn);
  rows_.from = fmt::format(
      "(SELECT {}{} AS {} FROM {})", names_of(columns) + hidden_list(rows_, "") + ", ",
      members.empty() ? "NULL" : fmt::format("struct_pack({})", members), kRawColumn, rows_.from);
  rows_.hidden.emplace_back(kRawColumn);
  raw_ = columns;
  is_table_ = false;
  return {};
}

/// Each row passes the tally on its way out of the files, once; those of a relation lie there to be
/// counted.
Status ProgramWriter::scan_rows() {
  const schema::Schema read = as_read(bound_);
  SLUICE_TRY(string select, bound_.exact_fractions.empty() && bound_.exact_json.empty()
                                ? render_scan(pipeline_.source, read, true)
                                : scan_exact_json(bound_, read));
  if (const auto* relation = std::get_if<plan::RelationScan>(&pipeline_.source)) {
    program_.untallied = fmt::format("SELECT count(*) FROM {}", quote_identifier(relation->name));
  } else {
    select = fmt::format("SELECT *, {} FROM ({})", tallied(functions_.tally), select);
    rows_.hidden.emplace_back(kSeenColumn);
  }
  rows_.from = "(" + select + ")";
  rows_.columns = read;
  rows_.hidden.emplace_back(kFileColumn);
  return {};
}

/// The lines that are no records leave before any step sees them.
Status ProgramWriter::scan_lines() {
  const string lines = new_table();
  refused_lines_ = new_table();
  const schema::Schema columns = as_read(bound_);
  SLUICE_TRY(LinesRead read,
             read_with_refusals(bound_, columns, lines, refused_lines_, functions_.tally));
  program_.untallied = std::move(read.untallied);
  ProgramStep done{.name = "read",
                   .statements = std::move(read.statements),
                   .observe = fmt::format("SELECT o + q, o, q, 0, 0, 0 FROM (SELECT ({}) AS o, "
                                          "(SELECT count(*) FROM {}) AS q)",
                                          read.count, refused_lines_),
                   .impossible = std::move(read.impossible),
                   .spent = {},
                   .is_opaque = false};
  move_to(done, lines);
  rows_ = {.from = "(" + read.rows + ")", .columns = columns, .hidden = {string(kFileColumn)}};
  program_.steps.push_back(std::move(done));
  return {};
}

/// What was read as JSON gets the type that steps see.
Status ProgramWriter::type_whole() {
  if (bound_.read_whole.empty()) {
    return {};
  }
  string list;
  for (schema::Field& field : rows_.columns.fields) {
    const string name = quote_identifier(field.name);
    const schema::Field* typed = bound_.source.find(field.name);
    list += list.empty() ? "" : ", ";
    if (typed->type == field.type) {
      list += name;
      continue;
    }
    SLUICE_TRY(const string type, duckdb_dialect().render_type(typed->type));
    list += std::holds_alternative<schema::Text>(typed->type.kind)
                ? fmt::format("{} AS {}", render_as_text(name, field.type), name)
                : fmt::format("TRY_CAST({} AS {}) AS {}", name, type, name);
    field.type = typed->type;
  }
  rows_.from = fmt::format("(SELECT {}{} FROM {})", list, hidden_list(rows_, ""), rows_.from);
  return {};
}

Status ProgramWriter::scan() {
  const bool refuses =
      reading_ == Reading::Refusing ? can_refuse_lines(bound_) : must_refuse_lines(bound_);
  SLUICE_CHECK(refuses ? scan_lines() : scan_rows());
  const auto* relation = std::get_if<plan::RelationScan>(&pipeline_.source);
  if (relation != nullptr && relation->has_origin) {
    schema::Schema raw = bound_.source;
    raw.fields.push_back({.name = string(kRowColumn), .type = {schema::Text{}}});
    SLUICE_CHECK(capture_raw(raw));
  } else {
    SLUICE_CHECK(capture_raw(schema::Schema(rows_.columns)));
    SLUICE_CHECK(type_whole());
  }
  if (bound_.flattened) {
    std::vector<string> errors;
    SLUICE_TRY(const string flattened, render_flattened(bound_, rows_, errors));
    rows_.from = "(" + flattened + ")";
    rows_.columns = {};
    for (const plan::FlatColumn& column : bound_.flattened->columns) {
      rows_.columns.fields.push_back({.name = column.name, .type = column.type});
    }
    rows_.hidden.insert(rows_.hidden.end(), errors.begin(), errors.end());
  }
  if (!bound_.made_at_scan.empty()) {
    string made;
    for (const schema::Field& field : bound_.made_at_scan) {
      SLUICE_TRY(const string type, duckdb_dialect().render_type(field.type));
      made += fmt::format(", CAST(NULL AS {}) AS {}", type, quote_identifier(field.name));
      rows_.columns.fields.push_back(field);
    }
    rows_.from = fmt::format("(SELECT *{} FROM {})", made, rows_.from);
  }
  if (pipeline_.preserved_upstream.empty()) {
    return {};
  }
  const plan::RenameColumns rename{.from_to = pipeline_.preserved_upstream};
  SLUICE_TRY(const string renamed, render_step(rename, rows_));
  rows_.from = "(" + renamed + ")";
  for (schema::Field& field : rows_.columns.fields) {
    for (const auto& [from, to] : rename.from_to) {
      if (schema::same_column(from, field.name)) {
        field.name = to;
        break;
      }
    }
  }
  return {};
}

Status ProgramWriter::row_by_row(const plan::PlannedStep& planned) {
  std::vector<string> errors;
  if (can_fail(planned.step, rows_.columns, evaluation_)) {
    SLUICE_TRY(const string select, failing_assign(pipeline_, planned, rows_, evaluation_, errors));
    rows_.from = "(" + select + ")";
  } else {
    SLUICE_TRY(const string select, render_step(planned.step, rows_));
    rows_.from = "(" + select + ")";
  }
  rows_.hidden.insert(rows_.hidden.end(), errors.begin(), errors.end());
  is_table_ = false;
  program_.steps.push_back({.name = planned.name});
  return {};
}

Status ProgramWriter::dropping(const plan::PlannedStep& planned) {
  ProgramStep done{.name = planned.name};
  std::vector<string> errors;
  string select;
  const auto* filter = std::get_if<plan::FilterRows>(&planned.step);
  if (filter == nullptr) {
    make_table(done);  // its rowid breaks ties
  }
  if (filter != nullptr && evaluation_ == Evaluation::Guarded) {
    SLUICE_TRY(select, guarded_filter(*filter, rows_, errors));
  } else {
    SLUICE_TRY(select, dropping_select(pipeline_, planned, rows_));
    SLUICE_TRY(select, judged_at(planned, select, errors));
  }
  const string before = is_table_ ? rows_.from : "";
  const string table = new_table();
  done.statements.push_back(fmt::format("CREATE OR REPLACE TEMP TABLE {} AS {}", table, select));
  done.observe = fmt::format(
      "SELECT {}, count(*) FILTER (WHERE NOT {}), 0, count(*) FILTER (WHERE {}), 0, 0 FROM {}",
      before.empty() ? "count(*)" : fmt::format("(SELECT count(*) FROM {})", before),
      kDroppedColumn, kDroppedColumn, table);
  move_to(done, table);
  rows_.hidden.insert(rows_.hidden.end(), errors.begin(), errors.end());
  rows_.from = fmt::format("(SELECT {} FROM {} WHERE NOT {})", columns(), table, kDroppedColumn);
  is_table_ = false;
  program_.steps.push_back(std::move(done));
  return {};
}

Status ProgramWriter::adding(const plan::PlannedStep& planned, const schema::Schema& output) {
  ProgramStep done{.name = planned.name};
  std::vector<string> errors;
  string rows = with_unread_values(pipeline_, planned, rows_, errors);
  is_table_ = is_table_ && errors.empty();
  rows_.from = std::move(rows);
  rows_.hidden.insert(rows_.hidden.end(), errors.begin(), errors.end());
  make_table(done);
  const string before = rows_.from;
  SLUICE_TRY(const string select, render_step(planned.step, rows_));
  SLUICE_TRY(const string made, rows_made(planned.step, rows_));
  const string table = new_table();
  done.statements.push_back(fmt::format("CREATE OR REPLACE TEMP TABLE {} AS {}", table, select));
  done.observe = fmt::format(
      "SELECT count(*), (SELECT count(*) FROM {}), 0, count(*) FILTER (WHERE n = 0), "
      "coalesce(sum(greatest(n - 1, 0)), 0), 0 FROM (SELECT {} AS n FROM {} AS source)",
      table, made, before);
  move_to(done, table);
  rows_.from = table;
  rows_.columns = output;
  program_.steps.push_back(std::move(done));
  return {};
}

Status ProgramWriter::joining(const plan::PlannedStep& planned, const schema::Schema& output) {
  ProgramStep done{.name = planned.name};
  make_table(done);
  SLUICE_TRY(const string select, render_step(planned.step, rows_));
  const string table = new_table();
  done.statements.push_back(fmt::format("CREATE OR REPLACE TEMP TABLE {} AS {}", table, select));
  SLUICE_TRY(done.observe, join_counts(std::get<plan::JoinReference>(planned.step), rows_, table));
  move_to(done, table);
  rows_.columns = output;
  rows_.from = table;
  program_.steps.push_back(std::move(done));
  return {};
}

Status ProgramWriter::reshaping(const plan::PlannedStep& planned, const schema::Schema& output) {
  ProgramStep done{.name = planned.name};
  if (has_reasons()) {
    // The step would swallow rows whose values failed: they leave here.
    SLUICE_CHECK(judge(plan::Judgement{.output = rows_.columns}, "casts", false));
  }
  make_table(done);
  const string before = rows_.from;
  const bool is_opaque = plan::row_effect(planned.step) == RowEffect::Opaque;
  if (is_opaque) {
    const string visible = fmt::format("(SELECT {} FROM {})", names_of(rows_.columns), before);
    for (string& view : source_views(pipeline_, visible)) {
      done.statements.push_back(std::move(view));
    }
  }
  SLUICE_TRY(const string select, render_step(planned.step, rows_));
  const string table = new_table();
  done.statements.push_back(fmt::format("CREATE OR REPLACE TEMP TABLE {} AS {}", table, select));
  done.is_opaque = is_opaque;
  // Groups say themselves how many rows stand in them; of a SELECT no more is known than its ends.
  done.observe =
      is_opaque
          ? fmt::format(
                "SELECT i, o, 0, greatest(i - o, 0), greatest(o - i, 0), 0 FROM (SELECT (SELECT "
                "count(*) FROM {}) AS i, (SELECT count(*) FROM {}) AS o)",
                before, table)
          : fmt::format(
                "SELECT coalesce(sum({0}), 0), count(*), 0, 0, count(*) FILTER (WHERE {0} = 0), "
                "coalesce(sum(greatest({0} - 1, 0)), 0) FROM {1}",
                kGroupedColumn, table);
  move_to(done, table);
  rows_ = {.from = table, .columns = output, .hidden = {}};
  made_.clear();
  is_table_ = true;
  program_.steps.push_back(std::move(done));
  return capture_raw(output);
}

Status ProgramWriter::step(const plan::PlannedStep& planned, const schema::Schema& output) {
  note_made(planned.step, rows_.columns, output, made_);
  for (Refused& refused : refused_) {
    std::erase_if(refused.kept.fields, [&](const schema::Field& field) {
      return may_make(planned.step, rows_.columns, output, field.name);
    });
  }
  switch (plan::row_effect(planned.step)) {
    case RowEffect::RowByRow:
      SLUICE_CHECK(row_by_row(planned));
      rows_.columns = output;
      return {};
    case RowEffect::Drops: return dropping(planned);
    case RowEffect::Adds: return adding(planned, output);
    case RowEffect::Joins: return joining(planned, output);
    case RowEffect::Aggregates:
    case RowEffect::Opaque: return reshaping(planned, output);
  }
  return {};
}

Status ProgramWriter::steps(const std::vector<plan::BoundStep>& steps) {
  for (const plan::BoundStep& one : steps) {
    SLUICE_CHECK(step(pipeline_.steps[one.step], one.output));
  }
  return {};
}

/// Good rows keep their origin when something after it may refuse them, and the file for its stamp.
std::vector<string> ProgramWriter::kept_columns(bool keep_raw) const {
  const bool keeps_file =
      keep_raw || std::ranges::any_of(pipeline_.lineage, [](const plan::LineageColumn& column) {
        return column.stamp == plan::Stamp::SourceFile;
      });
  std::vector<string> kept;
  for (const string& hidden : rows_.hidden) {
    const bool is_kept = hidden == kFileColumn   ? keeps_file
                         : hidden == kRawColumn  ? keep_raw
                         : hidden == kSeenColumn ? false
                                                 : !is_reason(hidden);
    if (is_kept) {
      kept.push_back(hidden);
    }
  }
  return kept;
}

Status ProgramWriter::judge(const plan::Judgement& asked, std::string_view name, bool keep_raw) {
  const plan::Judgement judgement = judged_here(asked);
  ProgramStep done{.name = string(name)};
  const bool has_file = std::ranges::find(rows_.hidden, kFileColumn) != rows_.hidden.end();
  const std::vector<string> kept = kept_columns(keep_raw);
  const string made = made_values(pipeline_, judgement.output, raw_, made_);
  SLUICE_TRY(const Judged judged, judge_select(bound_, judgement, rows_, evaluation_, kept, made));
  const string table = new_table();
  done.statements.push_back(
      fmt::format("CREATE OR REPLACE TEMP TABLE {} AS {}", table, judged.select));
  move_to(done, table, true);
  done.observe = fmt::format(
      "SELECT count(*), count(*) FILTER (WHERE {0} IS NULL), count(*) FILTER (WHERE {0} IS NOT "
      "NULL), 0, 0, 0 FROM {1}",
      kRefusedColumn, table);
  if (!judgement.rules.empty()) {
    program_.rule_counts.push_back(
        {.query = rule_counts_query(judgement, table), .rules = judgement.rules});
  }
  refused_.push_back({.table = table,
                      .raw = raw_,
                      .has_file = has_file,
                      .has_made = !made.empty(),
                      .kept = kept_of(bound_, judgement.output)});
  rows_.hidden = kept;
  rows_.columns = judged.columns;
  rows_.from =
      fmt::format("(SELECT {} FROM {} WHERE {} IS NULL)", columns(), table, kRefusedColumn);
  is_table_ = false;
  program_.steps.push_back(std::move(done));
  return {};
}

/// As judge, but no row is kept that passes: it streams on to whoever reads them.
Status ProgramWriter::judge_at_gate(const plan::Judgement& asked) {
  const plan::Judgement judgement = judged_here(asked);
  const std::vector<string> kept = kept_columns(false);
  const bool has_file = std::ranges::find(rows_.hidden, kFileColumn) != rows_.hidden.end();
  std::vector<string> told = mask_columns(judgement);
  if (std::ranges::find(rows_.hidden, kSeenColumn) != rows_.hidden.end()) {
    told.emplace_back(kSeenColumn);
  }
  const string made = made_values(pipeline_, judgement.output, raw_, made_);
  SLUICE_TRY(const Judged judged, judge_select(bound_, judgement, rows_, evaluation_, kept, made));
  string flags;
  for (const string& column : told) {
    flags += fmt::format(", CAST({} AS BIGINT)", column);
  }
  program_.gate = ProgramGate{
      .step = program_.steps.size(),
      .table = functions_.gate,
      .shape = fmt::format("SELECT {} FROM ({}) LIMIT 0", kRefusedColumn, judged.select),
      .flags = static_cast<int>(told.size()),
      .rules = judgement.rules,
      .flag_of = flags_of_rules(judgement),
      .dataset_columns = {}};
  program_.tables.push_back(functions_.gate);
  program_.steps.push_back({.name = "row_rules"});
  move_to(program_.steps.back(), functions_.gate, true);
  refused_.push_back({.table = functions_.gate,
                      .raw = raw_,
                      .has_file = has_file,
                      .has_made = !made.empty(),
                      .kept = kept_of(bound_, judgement.output)});
  rows_.hidden = kept;
  rows_.columns = judged.columns;
  // Asked where columns are made: a condition could be moved below them, and be made twice.
  rows_.from = fmt::format(
      "(SELECT {} FROM (SELECT *, {}({}{}) AS _sluice_passes FROM ({})) WHERE _sluice_passes)",
      columns(), functions_.gate, kRefusedColumn, flags, judged.select);
  is_table_ = false;
  return {};
}

/// Where a row came from and which run refused it; the contract's own names win, and before them
/// those of the row, which is kept as it came.
std::vector<plan::LineageColumn> ProgramWriter::lineage_of_bad() const {
  std::vector<plan::LineageColumn> lineage = pipeline_.lineage;
  std::erase_if(lineage, [&](const plan::LineageColumn& column) {
    const auto has_it = [&](const Refused& one) { return one.raw.find(column.name) != nullptr; };
    return !column.name.starts_with("_lakelogic_") && std::ranges::any_of(refused_, has_it);
  });
  return lineage;
}

Result<string> ProgramWriter::bad_select(BadForm form) const {
  const bool as_text = form == BadForm::Text;
  // One column has one type, wherever its rows were refused.
  const auto is_json_elsewhere = [&](const schema::Field& field) {
    return !std::holds_alternative<schema::Json>(field.type.kind) &&
           std::ranges::any_of(refused_, [&](const Refused& other) {
             const schema::Field* same = other.raw.find(field.name);
             return same != nullptr && std::holds_alternative<schema::Json>(same->type.kind);
           });
  };
  const std::vector<plan::LineageColumn> lineage = lineage_of_bad();
  string tail = stamps(bound_, lineage, kFileColumn);
  std::vector<string> ours;
  std::ranges::transform(lineage, std::back_inserter(ours), &plan::LineageColumn::name);
  const auto is_ours = [&](std::string_view name) {
    return is_refusal_column(name) || std::ranges::any_of(ours, [&](const string& one) {
             return schema::same_column(one, name);
           });
  };
  const auto add = [&](std::string_view name, const string& value) {
    if (!is_ours(name)) {
      tail += fmt::format(", {} AS {}", value, name);
      ours.emplace_back(name);
    }
  };
  if (as_text) {
    add("_lakelogic_source", string(kFileColumn));
    add("_lakelogic_processed_at", fmt::format("TIMESTAMPTZ '{}'", to_string(bound_.clock)));
    add("_lakelogic_run_id", quote_literal(bound_.run_id));
  }
  string all;
  for (const Refused& refused : refused_) {
    string list;
    for (const schema::Field& field : refused.raw.fields) {
      if (is_ours(field.name)) {
        continue;
      }
      const string member =
          fmt::format("struct_extract({}, {})", kRawColumn, quote_literal(field.name));
      const bool is_masked = plan::find_mask(pipeline_, field.name) != nullptr;
      const string value = is_masked ? leaving_value(pipeline_, field.name, member, field.type)
                           : as_text || (form == BadForm::Typed && is_mixed(bound_, field.name))
                               ? render_as_text(member, field.type)
                           : is_json_elsewhere(field) ? fmt::format("to_json({})", member)
                                                      : member;
      list += fmt::format("{} AS {}, ", value, quote_identifier(field.name));
    }
    const string sealed = as_text ? sealed_values(pipeline_, refused.raw, kRawColumn) : "";
    if (!sealed.empty()) {
      list += fmt::format("{} AS {}, ", sealed, kSealedColumn);
    }
    const string file =
        refused.has_file
            ? string(kFileColumn)
            : fmt::format("{} AS {}", quote_literal(pipeline_.source_label), kFileColumn);
    all += fmt::format(
        "{}SELECT {}{} AS _lakelogic_errors, {} AS _lakelogic_categories, {}{} FROM (SELECT "
        "unnest(list_extract({}, 1)) FROM {} WHERE {} IS NOT NULL)",
        all.empty() ? "" : " UNION ALL BY NAME ", list, kErrorsColumn, kCategoriesColumn,
        refused.has_made ? made_item(as_text) : "", file, kRefusedColumn, refused.table,
        kRefusedColumn);
  }
  if (!refused_lines_.empty()) {
    all += fmt::format("{}{}", all.empty() ? "" : " UNION ALL BY NAME ",
                       refused_lines_select(pipeline_, refused_lines_, as_text));
  }
  return fmt::format("SELECT * EXCLUDE ({}){} FROM ({})", kFileColumn, tail, all);
}

Status ProgramWriter::settle_good() {
  // Expressions of the contract run once: what is written twice is the same both times.
  const bool has_sql = std::ranges::any_of(bound_.post, [&](const plan::BoundStep& one) {
    const auto* assign = std::get_if<plan::Assign>(&pipeline_.steps[one.step].step);
    return assign != nullptr &&
           std::ranges::any_of(assign->assignments, [](const plan::Assignment& made) {
             return std::holds_alternative<plan::RawSql>(made.value);
           });
  });
  if (has_sql && bound_.after_post.is_empty()) {
    ProgramStep done{.name = ""};
    make_table(done);
    if (!done.statements.empty()) {
      program_.steps.push_back(std::move(done));
    }
  }
  return {};
}

Status ProgramWriter::finish() {
  if (!program_.gate) {
    SLUICE_CHECK(settle_good());
  }
  string list;
  for (const schema::Field& field : bound_.good.fields) {
    const bool is_stamp =
        std::ranges::any_of(pipeline_.lineage, [&](const plan::LineageColumn& column) {
          return schema::same_column(column.name, field.name);
        });
    if (is_stamp) {
      continue;
    }
    SLUICE_TRY(const string type, duckdb_dialect().render_type(field.type));
    const string name = quote_identifier(field.name);
    // The engine has types of its own (HUGEINT, ENUM) that no format has.
    const schema::Field* there = rows_.columns.find(field.name);
    const string value =
        there == nullptr ? "NULL" : leaving_value(pipeline_, field.name, name, there->type);
    list += fmt::format("{}CAST({} AS {}) AS {}", list.empty() ? "" : ", ", value, type, name);
  }
  const bool has_file = std::ranges::find(rows_.hidden, kFileColumn) != rows_.hidden.end();
  const string file = has_file ? string(kFileColumn) : quote_literal(pipeline_.source_label);
  program_.good =
      fmt::format("SELECT {}{} FROM {} AS source", list.empty() ? "NULL AS _sluice_none" : list,
                  stamps(bound_, pipeline_.lineage, file), rows_.from);
  SLUICE_TRY(program_.bad, bad_select(BadForm::Typed));
  SLUICE_TRY(program_.bad_as_text, bad_select(BadForm::Text));
  for (const Refused& refused : refused_) {
    if (!bound_.kept_of_refused.empty()) {
      SLUICE_TRY(const string kept,
                 kept_select(bound_, refused.kept, rows_.columns, refused.table));
      program_.bad_kept += (program_.bad_kept.empty() ? "" : " UNION ALL ") + kept;
    }
  }
  if (std::ranges::any_of(bound_.read_whole,
                          [&](const string& name) { return is_mixed(bound_, name); })) {
    SLUICE_TRY(program_.bad_as_json, bad_select(BadForm::Json));
  }
  if (program_.gate) {
    program_.gate->dataset_columns = names_of(rows_.columns);
  } else {
    program_.dataset_source =
        fmt::format("(SELECT {} FROM {})", names_of(rows_.columns), rows_.from);
  }
  return {};
}

Result<Program> ProgramWriter::write() {
  SLUICE_CHECK(scan());
  SLUICE_CHECK(steps(bound_.pre));
  const bool post_can_refuse = !bound_.after_post.is_empty() || post_can_fail(bound_, evaluation_);
  SLUICE_CHECK(functions_.gate.empty() ? judge(bound_.before_split, "row_rules", post_can_refuse)
                                       : judge_at_gate(bound_.before_split));
  SLUICE_CHECK(steps(bound_.post));
  if (!bound_.after_post.is_empty() || has_reasons()) {
    SLUICE_CHECK(judge(bound_.after_post, "post_row_rules", false));
  }
  SLUICE_CHECK(finish());
  return std::move(program_);
}

}  // namespace

Result<Program> render_program(const plan::BoundPipeline& bound, Evaluation evaluation,
                               Reading reading, const ProgramFunctions& functions) {
  return ProgramWriter(bound, evaluation, reading, functions).write();
}

}  // namespace sluice::dialect
