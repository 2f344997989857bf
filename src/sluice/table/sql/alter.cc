#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/evolve.h"
#include "sluice/table/sql/alter_internal.h"

namespace sluice::table::internal {
namespace {

using dialect::quote_identifier;

/// One change as the words behind ALTER TABLE.
Result<std::string> render_change(const schema::Change& change) {
  return std::visit(
      overloaded{
          [](const schema::AddColumn& one) -> Result<std::string> {
            SLUICE_TRY(const std::string type,
                       dialect::duckdb_dialect().render_type(one.field.type));
            return fmt::format("ADD COLUMN {} {}", quote_identifier(one.field.name), type);
          },
          [](const schema::DropColumn& one) -> Result<std::string> {
            return fmt::format("DROP COLUMN {}", quote_identifier(one.field.name));
          },
          [](const schema::RenameColumn& one) -> Result<std::string> {
            return fmt::format("RENAME COLUMN {} TO {}", quote_identifier(one.from),
                               quote_identifier(one.to));
          },
          [](const schema::WidenColumn& one) -> Result<std::string> {
            SLUICE_TRY(const std::string type, dialect::duckdb_dialect().render_type(one.to));
            return fmt::format("ALTER COLUMN {} SET DATA TYPE {}", quote_identifier(one.name),
                               type);
          },
          [](const schema::RetypeColumn& one) -> Result<std::string> {
            if (!std::holds_alternative<schema::Text>(one.to.kind)) {
              return cannot_evolve("table of a database", schema::Change{one});
            }
            return fmt::format("ALTER COLUMN {} SET DATA TYPE VARCHAR", quote_identifier(one.name));
          },
          [](const schema::ChangeNullability& one) -> Result<std::string> {
            return fmt::format("ALTER COLUMN {} {} NOT NULL", quote_identifier(one.name),
                               one.nullable ? "DROP" : "SET");
          },
      },
      change);
}

bool is_wider_number(const schema::Change& change) {
  const auto* widen = std::get_if<schema::WidenColumn>(&change);
  if (widen == nullptr) {
    return !std::holds_alternative<schema::RetypeColumn>(change);
  }
  const bool whole = std::holds_alternative<schema::Integer>(widen->from.kind) &&
                     std::holds_alternative<schema::Integer>(widen->to.kind);
  return whole || (std::holds_alternative<schema::Float>(widen->from.kind) &&
                   std::holds_alternative<schema::Float>(widen->to.kind));
}

constexpr std::string_view kFurtherLine = "\n  ";

constexpr std::string_view kNameEnd = ": ";

/// A name may hold what ends names: a backslash says that it does not end there.
std::string escaped_name(std::string_view name) {
  std::string text;
  for (std::size_t at = 0; at < name.size(); ++at) {
    const bool is_end = name.substr(at).starts_with(kNameEnd);
    text += is_end || name[at] == '\\' || name[at] == '\n' ? "\\" : "";
    text += name[at] == '\n' ? 'n' : name[at];
  }
  return text;
}

struct PropertyName {
  std::string name;
  std::size_t length = 0;  // of what is written, with its end
};

/// Nothing where the line has no name.
std::optional<PropertyName> name_of(std::string_view line) {
  PropertyName found;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const std::string_view rest = line.substr(at);
    const bool is_escape = rest.starts_with("\\\\") || rest.starts_with("\\n") ||
                           (rest.starts_with("\\") && rest.substr(1).starts_with(kNameEnd));
    if (is_escape) {
      found.name += rest[1] == 'n' ? '\n' : rest[1];
      ++at;
    } else if (rest.starts_with(kNameEnd)) {
      found.length = at + kNameEnd.size();
      return found;
    } else {
      found.name += rest.front();
    }
  }
  return std::nullopt;
}

std::string render_properties(const Properties& properties) {
  std::string text;
  for (const auto& [name, value] : properties) {
    text += text.empty() ? "" : "\n";
    text += escaped_name(name);
    text += kNameEnd;
    for (const char c : value) {
      text += c == '\n' ? kFurtherLine : std::string_view(&c, 1);
    }
  }
  return text;
}

}  // namespace

Result<std::string> render_layout(const std::vector<plan::PartitionField>& fields) {
  std::string text;
  for (const plan::PartitionField& field : fields) {
    const std::string column = quote_identifier(field.column);
    std::string part;
    switch (field.transform) {
      case plan::PartitionTransform::Identity: part = column; break;
      case plan::PartitionTransform::Bucket:
        part = fmt::format("bucket({}, {})", field.parameter, column);
        break;
      case plan::PartitionTransform::Year: part = fmt::format("year({})", column); break;
      case plan::PartitionTransform::Month: part = fmt::format("month({})", column); break;
      case plan::PartitionTransform::Day: part = fmt::format("day({})", column); break;
      case plan::PartitionTransform::Hour: part = fmt::format("hour({})", column); break;
      case plan::PartitionTransform::Truncate:
        return make_error(ErrorCode::Unsupported,
                          fmt::format("a table of this format is not partitioned by a piece of "
                                      "a value: '{}'",
                                      field.column))
            .with_hint("Partition by the column itself, by buckets of it, or by a part of a date.");
    }
    text += (text.empty() ? "" : ", ") + part;
  }
  return fmt::format("SET PARTITIONED BY ({})", text);
}

std::string render_order(const std::vector<std::string>& columns) {
  std::string text;
  for (const std::string& column : columns) {
    text += fmt::format("{}{} ASC", text.empty() ? "" : ", ", quote_identifier(column));
  }
  return text.empty() ? "RESET SORTED BY" : fmt::format("SET SORTED BY ({})", text);
}

std::vector<std::string> render_comments(const std::string& table, const schema::Schema& schema,
                                         const Properties& properties) {
  std::vector<std::string> statements;
  if (!properties.empty()) {
    statements.push_back(fmt::format("COMMENT ON TABLE {} IS {}", table,
                                     dialect::quote_literal(render_properties(properties))));
  }
  for (const schema::Field& field : schema.fields) {
    if (!field.comment.empty()) {
      statements.push_back(fmt::format("COMMENT ON COLUMN {}.{} IS {}", table,
                                       quote_identifier(field.name),
                                       dialect::quote_literal(field.comment)));
    }
  }
  return statements;
}

Properties parse_properties(std::string_view comment) {
  Properties properties;
  std::string* value = nullptr;
  while (!comment.empty()) {
    std::size_t end = comment.find('\n');
    while (end != std::string_view::npos && comment.substr(end).starts_with(kFurtherLine)) {
      end = comment.find('\n', end + 1);
    }
    std::string_view line = comment.substr(0, end);
    comment.remove_prefix(end == std::string_view::npos ? comment.size() : end + 1);
    const std::optional<PropertyName> name = name_of(line);
    value = &properties[name ? name->name : "comment"];
    line.remove_prefix(name ? name->length : 0);
    *value += value->empty() ? "" : "\n";
    for (std::size_t at = line.find(kFurtherLine); at != std::string_view::npos;
         at = line.find(kFurtherLine)) {
      *value += std::string(line.substr(0, at)) + "\n";
      line.remove_prefix(at + kFurtherLine.size());
    }
    *value += line;
  }
  return properties;
}

void keep_a_column(const std::string& table, const schema::Schema& before,
                   const std::vector<schema::Change>& changes,
                   std::vector<std::string>& statements) {
  std::size_t count = before.fields.size();
  bool is_empty = false;
  for (const schema::Change& change : changes) {
    count += std::holds_alternative<schema::AddColumn>(change) ? 1 : 0;
    count -= std::holds_alternative<schema::DropColumn>(change) ? 1 : 0;
    is_empty = is_empty || count == 0;
  }
  if (is_empty) {
    statements.insert(statements.begin(),
                      fmt::format("ALTER TABLE {} ADD COLUMN _sluice_holder INTEGER", table));
    statements.push_back(fmt::format("ALTER TABLE {} DROP COLUMN _sluice_holder", table));
  }
}

Result<std::vector<std::string>> render_changes(const std::string& table,
                                                const std::vector<schema::Change>& changes,
                                                bool widens_numbers_alone) {
  std::vector<std::string> statements;
  for (const schema::Change& change : changes) {
    if (widens_numbers_alone && !is_wider_number(change)) {
      return cannot_evolve("DuckLake table", change);
    }
    SLUICE_TRY(const std::string text, render_change(change));
    statements.push_back(fmt::format("ALTER TABLE {} {}", table, text));
    if (const auto* add = std::get_if<schema::AddColumn>(&change)) {
      for (std::string& comment : render_comments(table, {.fields = {add->field}})) {
        statements.push_back(std::move(comment));
      }
    }
  }
  return statements;
}

}  // namespace sluice::table::internal
