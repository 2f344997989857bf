#include "sluice/contract/bind/bind.h"

#include <algorithm>
#include <utility>

#include "sluice/contract/bind/binding_internal.h"
#include "sluice/engine/module.h"

namespace sluice::contract {
namespace {

bool has_sql(const RowRule& rule) { return std::holds_alternative<SqlCheck>(rule.check); }

bool has_sql(const DatasetRule& rule) {
  return std::holds_alternative<DatasetSqlCheck>(rule.check);
}

bool has_sql(const Link& link) { return link.filter.has_value() || link.query.has_value(); }

bool has_sql(const Field& field) {
  return std::ranges::any_of(field.rules, [](const RowRule& rule) { return has_sql(rule); });
}

bool has_sql(const Transformation& step) {
  return std::holds_alternative<SqlStep>(step.step) || std::holds_alternative<Derive>(step.step) ||
         std::holds_alternative<Filter>(step.step) || std::holds_alternative<Rollup>(step.step);
}

template <class T>
bool any_has_sql(const std::vector<T>& list) {
  return std::ranges::any_of(list, [](const T& each) { return has_sql(each); });
}

}  // namespace

bool holds_sql(const Contract& contract) {
  return any_has_sql(contract.transformations) || any_has_sql(contract.quality.row_rules) ||
         any_has_sql(contract.quality.dataset_rules) || any_has_sql(contract.model.fields) ||
         any_has_sql(contract.links);
}

SqlRoom::SqlRoom(OpenEngine open) : open_(std::move(open)) {
  if (!open_) {
    open_ = [](const engine::EngineOptions& options) {
      return engine::open_engine("duckdb", options);
    };
  }
}

Status SqlRoom::bind(const Context& context, std::string_view text, CheckedContract& checked) {
  if (!checked.contract || !holds_sql(*checked.contract)) {
    return {};
  }
  if (engine_ == nullptr) {
    const engine::EngineOptions options{.memory_bytes_max = std::uint64_t{256} << 20,
                                        .threads_max = 1,
                                        .spill_folder = {},
                                        .allowed_paths = {},
                                        .locked = true};
    SLUICE_TRY_IN(engine_, open_(options), "opening the engine that binds a contract's SQL");
  }
  if (connection_ == nullptr) {
    SLUICE_TRY(connection_, engine_->connect(context));
    // Binding is all that is asked for; a plan that runs fast is never run.
    SLUICE_CHECK(connection_->execute(context, {"PRAGMA disable_optimizer"}));
  }
  internal::Binding binding(context, *connection_, text, checked);
  const Status bound = binding.run();
  if (!bound || binding.has_views()) {
    connection_.reset();
  }
  SLUICE_CHECK(bound);
  checked.diagnostics.sort();
  return {};
}

}  // namespace sluice::contract
