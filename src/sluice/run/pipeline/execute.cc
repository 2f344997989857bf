#include "sluice/run/pipeline/execute.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/masking/mask_text.h"
#include "sluice/run/pipeline/ledger.h"
#include "sluice/run/pipeline/long_lines.h"
#include "sluice/run/pipeline/source_internal.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::run {
namespace {

using dialect::Evaluation;
using dialect::Program;
using dialect::Reading;
using std::string;

class Stopwatch {
 public:
  std::int64_t lap_ms() {
    const auto now = std::chrono::steady_clock::now();
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - last_);
    last_ = now;
    return passed.count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

bool is_judgement(std::string_view step) {
  return step == "row_rules" || step == "post_row_rules" || step == "casts";
}

class Executor {
 public:
  Executor(const Context& context, engine::Connection& connection, const plan::BoundPipeline& bound,
           std::shared_ptr<const masking::Vault> vault, const RowWriter& writer)
      : context_(context),
        connection_(connection),
        bound_(bound),
        vault_(std::move(vault)),
        writer_(writer) {}

  Result<Executed> run();

 private:
  Status run_program(Program& program);
  Status stream_rows(Program& program);
  Status add_tally();
  dialect::ProgramFunctions functions_for(Evaluation evaluation);
  string unused_name(std::string_view what) const;
  Status check_source(const Program& program);
  Result<Program> run_any_program();
  Status run_step(const dialect::ProgramStep& step);
  void settle_passed();
  Status drop_spent(const dialect::ProgramStep& step);
  Status check_whole_lines(const string& query);
  Result<std::vector<std::int64_t>> counted_rules(const Program& program);
  void tell_rules(const std::vector<std::int64_t>& failed);
  Status add_masks();
  Status make_views(const Program& program);
  Status make_masked_tables(const Program& program);
  Status judge_dataset(const Program& program);
  Result<DatasetRuleResult> judge(const plan::DatasetRule& rule);
  void warn_of(const plan::DatasetRule& rule, const std::vector<TextRow>& rows);
  Result<std::vector<TextRow>> observe(const plan::Observation& observation);
  Status execute(const string& statement);
  void drop_tables();
  std::int64_t lap(const string& step);

  const Context& context_;
  engine::Connection& connection_;
  const plan::BoundPipeline& bound_;
  std::shared_ptr<const masking::Vault> vault_;
  const RowWriter& writer_;
  std::shared_ptr<std::atomic<std::int64_t>> tally_ =
      std::make_shared<std::atomic<std::int64_t>>(0);
  string tally_name_;
  std::vector<string> tables_;
  Executed done_;
  Stopwatch watch_;
};

Status Executor::execute(const string& statement) {
  SLUICE_TRY([[maybe_unused]] const std::int64_t rows, connection_.execute(context_, statement));
  return {};
}

Status Executor::run_step(const dialect::ProgramStep& step) {
  LedgerEntry entry{.step = step.name, .is_opaque = step.is_opaque};
  for (const string& statement : step.statements) {
    SLUICE_TRY_IN([[maybe_unused]] const std::int64_t rows,
                  connection_.execute(context_, statement),
                  fmt::format("running the step '{}'", step.name));
  }
  if (!step.impossible.empty()) {
    SLUICE_CHECK(check_whole_lines(step.impossible));
  }
  const bool is_counted = !step.observe.empty();
  if (is_counted) {
    SLUICE_TRY(const std::vector<std::int64_t> counts,
               query_counts(context_, connection_, step.observe));
    entry.in = counts[0];
    entry.out = counts[1];
    entry.quarantined = counts[2];
    entry.dropped = counts[3];
    entry.added = counts[4];
    entry.aggregated = counts[5];
  } else {
    const bool is_known = !done_.ledger.empty() && done_.ledger.back().in >= 0;
    entry.in = entry.out = is_known ? done_.ledger.back().out : -1;
  }
  if (!step.name.empty()) {
    done_.ledger.push_back(std::move(entry));
  }
  if (is_counted) {
    settle_passed();
  }
  SLUICE_CHECK(drop_spent(step));
  (is_judgement(step.name) ? done_.quality_ms : done_.transform_ms) += lap(step.name);
  return {};
}

Status Executor::drop_spent(const dialect::ProgramStep& step) {
  for (const string& table : step.spent) {
    SLUICE_CHECK(execute("DROP TABLE " + table));
  }
  return {};
}

/// Steps before a counted one that pass rows one by one passed as many as came to it.
void Executor::settle_passed() {
  const LedgerEntry& counted = done_.ledger.back();
  for (auto before = std::next(done_.ledger.rbegin());
       before != done_.ledger.rend() && before->in < 0; ++before) {
    before->in = before->out = counted.in;
  }
  context_.progress->report(counted.step, static_cast<std::uint64_t>(counted.in), 0, "rows");
}

/// Most often a quote that is never closed, and many good lines are behind it.
Status Executor::check_whole_lines(const string& query) {
  SLUICE_TRY(const std::vector<TextRow> rows, query_texts(context_, connection_, query));
  if (rows.empty() || !rows.front().front()) {
    return {};
  }
  return make_error(
             ErrorCode::DataRejected,
             fmt::format("a record that begins near line {} does not end within the size that "
                         "can be kept of a refused one",
                         *rows.front().front()))
      .with_hint(
          "look for a quote there that is never closed, compare the file with source.options "
          "(delimiter, quote_char, encoding), or mend the line");
}

/// A step without a name prepares the next one, and its time is that one's.
std::int64_t Executor::lap(const string& step) {
  const std::int64_t ms = watch_.lap_ms();
  if (done_.steps.empty() || !done_.steps.back().step.empty()) {
    done_.steps.emplace_back();
  }
  done_.steps.back().step = step;
  done_.steps.back().ms += ms;
  return ms;
}

/// The judgement and all that follows in one pass: what is refused is kept, the rest is written.
Status Executor::stream_rows(Program& program) {
  const dialect::ProgramGate& stream = *program.gate;
  SLUICE_CHECK(execute(fmt::format("CREATE TABLE {} AS {}", stream.table, stream.shape)));
  SLUICE_TRY(
      const std::unique_ptr<engine::Gate> gate,
      connection_.add_gate({.name = stream.table, .table = stream.table, .flags = stream.flags}));
  SLUICE_TRY_IN(const StreamedRows written, writer_(program.good), "running the step 'row_rules'");
  SLUICE_TRY(const engine::GateCounts counts, gate->close());
  done_.ledger.push_back({.step = program.steps[stream.step].name,
                          .in = counts.passed + counts.kept,
                          .out = written.rows,
                          .quarantined = counts.kept});
  SLUICE_TRY(std::vector<std::int64_t> failed, counted_rules(program));
  for (std::size_t i = 0; i < stream.rules.size(); ++i) {
    failed[stream.rules[i]] = counts.flags.at(stream.flag_of[i]);
  }
  tell_rules(failed);
  settle_passed();
  SLUICE_CHECK(drop_spent(program.steps[stream.step]));
  done_.quality_ms += lap("row_rules");
  done_.is_streamed = true;
  program.good = "SELECT * FROM " + written.from;
  program.dataset_source = fmt::format("(SELECT {} FROM {})", stream.dataset_columns, written.from);
  return {};
}

void Executor::tell_rules(const std::vector<std::int64_t>& failed) {
  for (std::size_t i = 0; i < failed.size(); ++i) {
    const plan::RowRule& rule = bound_.pipeline.row_rules[i];
    done_.row_rules.push_back({.name = rule.name,
                               .category = rule.category,
                               .severity = string(to_string(rule.severity)),
                               .description = rule.description,
                               .failed_rows = failed[i]});
  }
}

/// How many rows each rule found, where they were judged into tables.
Result<std::vector<std::int64_t>> Executor::counted_rules(const Program& program) {
  std::vector<std::int64_t> failed(bound_.pipeline.row_rules.size(), 0);
  for (const dialect::RuleCounts& counts : program.rule_counts) {
    SLUICE_TRY(const std::vector<std::int64_t> rows,
               query_counts(context_, connection_, counts.query));
    for (std::size_t i = 0; i < counts.rules.size(); ++i) {
      failed[counts.rules[i]] = rows[i];
    }
  }
  return failed;
}

Status Executor::make_views(const Program& program) {
  const string& json = program.bad_as_json.empty() ? program.bad : program.bad_as_json;
  for (const auto& [name, select] :
       {std::pair(kGoodRelation, &program.good), std::pair(kBadRelation, &program.bad),
        std::pair(kBadJsonRelation, &json), std::pair(kBadTextRelation, &program.bad_as_text)}) {
    SLUICE_CHECK(execute(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}", name, *select)));
  }
  if (!program.bad_kept.empty()) {
    SLUICE_CHECK(execute(
        fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}", kBadKeptRelation, program.bad_kept)));
  }
  SLUICE_TRY(
      const std::vector<std::int64_t> counts,
      query_counts(context_, connection_,
                   fmt::format("SELECT (SELECT count(*) FROM {}), (SELECT count(*) FROM {}), "
                               "(SELECT count(*) FROM {})",
                               kGoodRelation, kBadRelation, kBadTextRelation)));
  if (counts[0] != done_.rows.good || counts[1] != done_.rows.quarantined ||
      counts[2] != done_.rows.quarantined) {
    return make_error(
        ErrorCode::Internal,
        fmt::format("the rows that leave are not those that were judged: {} good and {} refused, "
                    "of {} and {}",
                    counts[0], counts[1], done_.rows.good, done_.rows.quarantined));
  }
  return {};
}

Status Executor::add_masks() {
  const std::vector<plan::ColumnMask>& masks = bound_.pipeline.masks;
  for (std::size_t i = 0; i < masks.size(); ++i) {
    if ((masks[i].is_sealed || masking::needs_key(masks[i].kind)) && vault_ == nullptr) {
      return masking::check_keys({});
    }
    SLUICE_CHECK(connection_.add_function(
        masking::make_mask_function(dialect::mask_function(i), masks[i], vault_)));
  }
  if (vault_ != nullptr) {
    SLUICE_CHECK(connection_.add_function(
        masking::make_seal_function(std::string(dialect::kSealFunction), vault_)));
  }
  return {};
}

/// Masked once, and what is clear ends here: whatever is written or shown later reads these.
Status Executor::make_masked_tables(const Program& program) {
  Program masked = program;
  std::vector<std::pair<string, string*>> tables = {
      {"sluice_masked_bad", &masked.bad}, {"sluice_masked_bad_text", &masked.bad_as_text}};
  if (!masked.bad_as_json.empty()) {
    tables.emplace_back("sluice_masked_bad_json", &masked.bad_as_json);
  }
  if (!masked.bad_kept.empty()) {
    tables.emplace_back("sluice_masked_bad_kept", &masked.bad_kept);
  }
  if (!done_.is_streamed) {
    tables.emplace_back("sluice_masked_good", &masked.good);
  }
  for (const auto& [name, select] : tables) {
    SLUICE_TRY_IN([[maybe_unused]] const std::int64_t rows,
                  connection_.execute(context_, fmt::format("CREATE OR REPLACE TEMP TABLE {} AS {}",
                                                            name, *select)),
                  "masking the rows");
    *select = fmt::format("SELECT * FROM {}", name);
  }
  drop_tables();
  return make_views(masked);
}

bool holds(const plan::NumberBounds& bounds, double value) {
  return (!bounds.at_least || value >= *bounds.at_least) &&
         (!bounds.at_most || value <= *bounds.at_most) &&
         (!bounds.above || value > *bounds.above) && (!bounds.below || value < *bounds.below);
}

std::optional<double> number_in(const string& text) {
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

DatasetRuleResult unjudged(const plan::DatasetRule& rule) {
  return {.name = rule.name,
          .category = rule.category,
          .severity = string(to_string(rule.severity)),
          .description = rule.description,
          .passed = std::nullopt,
          .observed = std::nullopt,
          .observed_truth = std::nullopt,
          .is_hidden = rule.is_hidden,
          .expected = rule.bounds.is_empty() ? "true" : rule.bounds.text};
}

/// What a SELECT of other than one number gives is judged all the same, and not as one may think.
void Executor::warn_of(const plan::DatasetRule& rule, const std::vector<TextRow>& rows) {
  if (!std::holds_alternative<plan::ScalarQuery>(rule.observation) || rows.empty()) {
    return;
  }
  if (rows.size() > 1) {
    context_.say(
        LogLevel::Warning,
        fmt::format("the data set rule '{}' fails: its SQL gives {} rows, and one value is judged; "
                    "write a SELECT of one row, such as SELECT MIN(...)",
                    rule.name, rows.size()));
    return;
  }
  if (rows.front().size() > 1) {
    context_.say(
        LogLevel::Warning,
        fmt::format("the data set rule '{}' is judged by the first of the {} columns that its SQL "
                    "gives",
                    rule.name, rows.front().size()));
  }
  const std::optional<string>& value = rows.front().front();
  if (!rule.bounds.is_empty() && (value == "true" || value == "false")) {
    context_.say(
        LogLevel::Warning,
        fmt::format("the data set rule '{}' gives a truth, which its bounds judge as 0 or 1; leave "
                    "the bounds out, or write a SELECT of a number",
                    rule.name));
  }
}

/// What the rule's one value says.
Result<DatasetRuleResult> judge_value(const plan::DatasetRule& rule,
                                      const std::vector<TextRow>& rows) {
  DatasetRuleResult result = unjudged(rule);
  // No value is no proof: neither NULL nor an empty answer passes.
  result.passed = false;
  if (rows.size() != 1 || !rows.front().front()) {
    return result;
  }
  const string& text = *rows.front().front();
  if (text == "true" || text == "false") {
    result.observed_truth = text == "true";
    result.passed = rule.bounds.is_empty() ? *result.observed_truth
                                           : holds(rule.bounds, *result.observed_truth ? 1 : 0);
    return result;
  }
  result.observed = number_in(text);
  if (!result.observed) {
    return make_error(ErrorCode::InvalidContract,
                      fmt::format("a data set rule gives one number or one truth: '{}'", rule.name))
        .with_hint("write a SELECT of one value");
  }
  // Without bounds a number is a truth as SQL reads it.
  result.passed =
      rule.bounds.is_empty() ? *result.observed != 0 : holds(rule.bounds, *result.observed);
  if (rule.is_hidden) {
    result.observed.reset();
  }
  return result;
}

Result<std::vector<TextRow>> Executor::observe(const plan::Observation& observation) {
  const string quick = dialect::render_quick_observation(observation, bound_.after_post.output);
  if (!quick.empty()) {
    SLUICE_TRY(std::vector<TextRow> rows, query_texts(context_, connection_, quick));
    if (rows.size() == 1 && rows.front().front()) {
      return rows;
    }
  }
  SLUICE_TRY(const string query, dialect::render_observation(observation));
  return query_texts(context_, connection_, query);
}

Result<DatasetRuleResult> Executor::judge(const plan::DatasetRule& rule) {
  if (rule.is_deferred) {
    return unjudged(rule);
  }
  SLUICE_TRY_IN(const std::vector<TextRow> rows, observe(rule.observation),
                fmt::format("judging the data set rule '{}'", rule.name));
  warn_of(rule, rows);
  return judge_value(rule, rows);
}

Status Executor::judge_dataset(const Program& program) {
  if (bound_.pipeline.dataset_rules.empty()) {
    return {};
  }
  for (const string& view : dialect::source_views(bound_.pipeline, program.dataset_source)) {
    SLUICE_CHECK(execute(view));
  }
  for (const plan::DatasetRule& rule : bound_.pipeline.dataset_rules) {
    SLUICE_TRY(DatasetRuleResult result, judge(rule));
    if (result.passed && !*result.passed && rule.severity == plan::Severity::Error) {
      done_.broken_dataset_rules.push_back(rule.name);
    }
    done_.dataset_rules.push_back(std::move(result));
  }
  done_.quality_ms += lap("dataset_rules");
  return {};
}

void Executor::drop_tables() {
  for (const string& table : std::exchange(tables_, {})) {
    [[maybe_unused]] const Status dropped = execute("DROP TABLE IF EXISTS " + table);
  }
  for (const string& statement : dialect::render_forget_rejects()) {
    [[maybe_unused]] const Status dropped = execute(statement);
  }
}

/// A function stays with its engine: no other run there has had its name.
string Executor::unused_name(std::string_view what) const {
  std::array<std::uint8_t, 8> bytes{};
  context_.random->fill(bytes);
  return fmt::format("_sluice_{}_{:02x}", what, fmt::join(bytes, ""));
}

Status Executor::add_tally() {
  tally_name_ = unused_name("passed");
  return connection_.add_function(engine::RowCounter{.name = tally_name_, .rows = tally_});
}

dialect::ProgramFunctions Executor::functions_for(Evaluation evaluation) {
  dialect::ProgramFunctions functions{.tally = tally_name_, .gate = {}};
  if (writer_ && dialect::can_stream(bound_, evaluation)) {
    functions.gate = unused_name("gate");
  }
  return functions;
}

/// What came into the first step is what was read: counted where it was read, not where it went.
Status Executor::check_source(const Program& program) {
  std::int64_t read = tally_->load(std::memory_order_relaxed);
  if (!program.untallied.empty()) {
    SLUICE_TRY(const std::vector<std::int64_t> others,
               query_counts(context_, connection_, program.untallied));
    read += others[0];
  }
  if (read == done_.rows.source) {
    return {};
  }
  return make_error(ErrorCode::Internal,
                    fmt::format("the ledger does not add up: {} rows were read, {} came into step "
                                "'{}'",
                                read, done_.rows.source, done_.ledger.front().step));
}

Status Executor::run_program(Program& program) {
  done_ = {};
  tally_->store(0, std::memory_order_relaxed);
  watch_.lap_ms();
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    SLUICE_CHECK(context_.check());
    if (program.gate && program.gate->step == i) {
      SLUICE_CHECK(stream_rows(program));
    } else {
      SLUICE_CHECK(run_step(program.steps[i]));
    }
  }
  SLUICE_CHECK(check_ledger(done_.ledger));
  done_.rows = totals_of(done_.ledger);
  if (done_.rows.source !=
      done_.rows.good + done_.rows.quarantined + done_.rows.dropped - done_.rows.added) {
    return make_error(ErrorCode::Internal,
                      "the ledger does not add up: source = good + quarantined + dropped - added");
  }
  SLUICE_CHECK(check_source(program));
  if (!program.gate) {
    SLUICE_TRY(const std::vector<std::int64_t> failed, counted_rules(program));
    tell_rules(failed);
    done_.quality_ms += lap("count_rules");
  }
  return {};
}

/// The cheapest way first: everything was bound, so what fails then is a line or a value. The next
/// way tells which, and refuses that alone.
Result<Program> Executor::run_any_program() {
  struct Way {
    Evaluation evaluation;
    Reading reading;
  };
  std::vector<Way> ways;
  const bool may_refuse = bound_.pipeline.bad_lines == plan::BadLines::Refuse;
  if (!may_refuse || !bound_.has_bad_lines) {
    ways.push_back({Evaluation::Plain, Reading::Strict});
  }
  if (may_refuse && dialect::can_refuse_lines(bound_)) {
    ways.push_back({Evaluation::Plain, Reading::Refusing});
  }
  ways.push_back({Evaluation::Guarded, ways.back().reading});
  std::optional<Error> why;
  bool is_measured = false;
  for (const Way& way : ways) {
    if (way.reading == Reading::Refusing && !is_measured) {
      SLUICE_CHECK(internal::check_line_lengths(context_, connection_,
                                                std::get<plan::FileScan>(bound_.pipeline.source)));
      is_measured = true;
    }
    SLUICE_TRY(Program program, dialect::render_program(bound_, way.evaluation, way.reading,
                                                        functions_for(way.evaluation)));
    tables_ = program.tables;
    Status done = run_program(program);
    if (done) {
      return program;
    }
    if (done.error().code != ErrorCode::InvalidArgument) {
      return internal::as_data_error(std::move(done).error());
    }
    if (!why || way.evaluation == Evaluation::Plain) {
      why = std::move(done).error();
    }
    drop_tables();
  }
  return internal::as_data_error(*std::move(why));
}

Result<Executed> Executor::run() {
  SLUICE_CHECK(add_masks());
  SLUICE_CHECK(add_tally());
  SLUICE_TRY(const Program program, run_any_program());
  SLUICE_CHECK(judge_dataset(program));
  if (bound_.pipeline.masks.empty()) {
    SLUICE_CHECK(make_views(program));
  } else {
    SLUICE_CHECK(make_masked_tables(program));
    done_.transform_ms += lap("masking");
  }
  return std::move(done_);
}

Result<DatasetRuleResult> judge_written(const Context& context, engine::Connection& connection,
                                        const plan::DatasetRule& rule) {
  SLUICE_TRY(const string query, dialect::render_observation(rule.observation));
  SLUICE_TRY_IN(const std::vector<TextRow> rows, query_texts(context, connection, query),
                fmt::format("judging the data set rule '{}' over the written table", rule.name));
  return judge_value(rule, rows);
}

}  // namespace

bool has_deferred_rules(const plan::BoundPipeline& bound) {
  return std::ranges::any_of(bound.pipeline.dataset_rules, &plan::DatasetRule::is_deferred);
}

Status judge_deferred_rules(const Context& context, engine::Connection& connection,
                            const plan::BoundPipeline& bound, const std::string& rows,
                            Executed& executed) {
  for (const string& view : dialect::source_views(bound.pipeline, rows)) {
    SLUICE_TRY([[maybe_unused]] const std::int64_t made, connection.execute(context, view));
  }
  for (std::size_t i = 0; i < bound.pipeline.dataset_rules.size(); ++i) {
    const plan::DatasetRule& rule = bound.pipeline.dataset_rules[i];
    if (!rule.is_deferred) {
      continue;
    }
    SLUICE_TRY(executed.dataset_rules.at(i), judge_written(context, connection, rule));
    if (!*executed.dataset_rules[i].passed && rule.severity == plan::Severity::Error) {
      executed.broken_dataset_rules.push_back(rule.name);
    }
  }
  return {};
}

Result<Executed> execute_pipeline(const Context& context, engine::Connection& connection,
                                  const plan::BoundPipeline& bound,
                                  std::shared_ptr<const masking::Vault> vault,
                                  const RowWriter& writer) {
  return Executor(context, connection, bound, std::move(vault), writer).run();
}

Result<std::vector<string>> planned_statements(const plan::BoundPipeline& bound,
                                               const RowWriter& writer) {
  SLUICE_TRY(std::vector<string> statements, dialect::render_session(bound.pipeline, bound.clock));
  dialect::ProgramFunctions functions;
  if (writer && dialect::can_stream(bound, Evaluation::Plain)) {
    functions.gate = "_sluice_gate";
  }
  SLUICE_TRY(const Program program,
             dialect::render_program(bound, Evaluation::Plain, Reading::Strict, functions));
  for (const dialect::ProgramStep& step : program.steps) {
    statements.insert(statements.end(), step.statements.begin(), step.statements.end());
    if (!step.observe.empty()) {
      statements.push_back(step.observe);
    }
  }
  if (program.gate) {
    statements.push_back(
        fmt::format("CREATE TABLE {} AS {}", program.gate->table, program.gate->shape));
  }
  for (const dialect::RuleCounts& counts : program.rule_counts) {
    statements.push_back(counts.query);
  }
  statements.push_back(program.good);
  statements.push_back(program.bad);
  return statements;
}

}  // namespace sluice::run
