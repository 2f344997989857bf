// `sql_dialect: spark`: each SQL of the contract in the words of the engine that judges and runs
// it.
#include <utility>

#include "sluice/contract/document/spark_texts_internal.h"
#include "sluice/contract/spark/spark_sql.h"

namespace sluice::contract::internal {
namespace {

class Texts {
 public:
  Texts(std::string_view document, Diagnostics& out) : document_(document), out_(out) {}

  void translate(SqlText& sql) {
    SparkTranslation made = translate_spark(sql.text);
    for (SparkFault& fault : made.faults) {
      out_.add(Code::SparkSql, span_in_sql(document_, sql, fault.begin, fault.length),
               std::move(fault.message), std::move(fault.hint));
    }
    if (!made.faults.empty()) {
      sql.is_refused = true;
      return;
    }
    sql.written = std::exchange(sql.text, std::move(made.text));
    sql.origins = std::move(made.origins);
  }

  void translate(MaybeSql& sql) {
    if (sql) {
      translate(*sql);
    }
  }

  void translate(std::vector<RowRule>& rules) {
    for (RowRule& rule : rules) {
      if (auto* check = std::get_if<SqlCheck>(&rule.check)) {
        translate(check->sql);
      }
    }
  }

  /// An engine's own spelling wins, and the engine is DuckDB.
  void translate(Derive& derive) {
    if (derive.sql_duckdb) {
      return;
    }
    if (derive.sql_spark) {
      derive.sql = *derive.sql_spark;
    }
    translate(derive.sql);
  }

  void translate(Step& step) {
    if (auto* select = std::get_if<SqlStep>(&step)) {
      translate(select->sql);
    } else if (auto* derive = std::get_if<Derive>(&step)) {
      translate(*derive);
    } else if (auto* filter = std::get_if<Filter>(&step)) {
      translate(filter->sql);
    } else if (auto* rollup = std::get_if<Rollup>(&step)) {
      for (Pair<SqlText>& made : rollup->aggregations) {
        translate(made.value);
      }
      translate(rollup->key_expr);
    }
  }

 private:
  std::string_view document_;
  Diagnostics& out_;
};

}  // namespace

void translate_spark_texts(std::string_view document, Contract& contract, Diagnostics& out) {
  Texts texts(document, out);
  for (Transformation& step : contract.transformations) {
    texts.translate(step.step);
  }
  texts.translate(contract.quality.row_rules);
  for (DatasetRule& rule : contract.quality.dataset_rules) {
    if (auto* check = std::get_if<DatasetSqlCheck>(&rule.check)) {
      texts.translate(check->sql);
    }
  }
  for (Field& field : contract.model.fields) {
    texts.translate(field.rules);
  }
  for (Link& link : contract.links) {
    texts.translate(link.filter);
    texts.translate(link.query);
  }
}

}  // namespace sluice::contract::internal
