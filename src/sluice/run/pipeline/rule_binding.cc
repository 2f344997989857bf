#include "sluice/run/pipeline/rule_binding.h"

#include <cstdint>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/pipeline.h"

namespace sluice::run {

Error as_unbound(Error error, std::string what, const SourcePosition& at) {
  if (error.code == ErrorCode::InvalidArgument || error.code == ErrorCode::NotFound) {
    error.code = ErrorCode::InvalidContract;
  }
  if (error.code == ErrorCode::Unauthorized) {
    error.code = ErrorCode::InvalidContract;
    error.hint = "SQL of a contract reads its source and its links; give the file as a link";
  }
  if (!error.at && at.line != 0) {
    error.at = at;
  }
  if (error.hint.empty() && error.native.contains("Referenced table \"")) {
    error.hint = "a link that is read here lacks a column that is asked of it; compare its file";
  }
  return std::move(error).with_context(std::move(what));
}

Error as_unbound_link(Error error, const plan::Reference& reference) {
  std::string what = fmt::format("binding the link '{}'", reference.name);
  const std::optional<plan::RawSql>& sql = reference.filter ? reference.filter : reference.query;
  const bool is_of_words =
      error.native.starts_with("Binder Error") || error.native.starts_with("Parser Error");
  return is_of_words
             ? as_unbound(std::move(error), std::move(what), sql ? sql->at : SourcePosition{})
             : std::move(error).with_context(std::move(what));
}

bool is_said_by(const plan::RowRule& before, const plan::RowRule& rule) {
  const auto* one = std::get_if<plan::RawSql>(&before.predicate.node);
  const auto* other = std::get_if<plan::RawSql>(&rule.predicate.node);
  return !before.phase && rule.phase && !before.judged_at && !rule.judged_at &&
         before.severity == rule.severity && one != nullptr && other != nullptr &&
         one->text == other->text;
}

Status check_is_number(const Context& context, engine::Connection& connection,
                       const plan::DatasetRule& rule) {
  const auto* scalar = std::get_if<plan::ScalarQuery>(&rule.observation);
  if (rule.bounds.is_empty() || scalar == nullptr) {
    return {};
  }
  SLUICE_TRY(const schema::Schema given,
             connection.describe(context, dialect::render_observed(*scalar)));
  if (given.fields.size() != 1 ||
      !std::holds_alternative<schema::Text>(given.fields.front().type.kind)) {
    return {};
  }
  Error error =
      make_error(ErrorCode::InvalidContract,
                 fmt::format("the bounds of the data set rule '{}' are of numbers, and "
                             "its SQL gives a text",
                             rule.name))
          .with_hint(
              "texts are ordered by their letters, 9 behind 100: declare the column in "
              "model.fields with a type of numbers, or CAST it in the SQL; columns of CSV that "
              "nobody declares are texts");
  if (rule.at.line != 0) {
    error.at = rule.at;
  }
  return error;
}

Status bind_deferred_rules(const Context& context, engine::Connection& connection,
                           const plan::BoundPipeline& bound, const schema::Schema& written) {
  SLUICE_TRY(const std::string rows, dialect::render_empty(written));
  for (const std::string& view : dialect::source_views(bound.pipeline, rows)) {
    SLUICE_TRY([[maybe_unused]] const std::int64_t made, connection.execute(context, view));
  }
  for (const plan::DatasetRule& rule : bound.pipeline.dataset_rules) {
    if (!rule.is_deferred) {
      continue;
    }
    SLUICE_TRY(const std::string query, dialect::render_observation(rule.observation));
    if (Result<schema::Schema> told = connection.describe(context, query); !told) {
      return as_unbound(std::move(told).error(),
                        fmt::format("binding the data set rule '{}'", rule.name), rule.at);
    }
    SLUICE_CHECK(check_is_number(context, connection, rule));
  }
  return {};
}

}  // namespace sluice::run
