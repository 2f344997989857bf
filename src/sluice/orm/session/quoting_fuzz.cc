// Any UTF-8: quoted as an identifier it is the name of a column, quoted as a literal the value of
// one, and DuckDB gives both back as they were. What is quoted never ends its quotes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sluice/base/assert.h"
#include "sluice/base/context.h"
#include "sluice/dialect/quote.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/orm/record/utf8.h"
#include "sluice/orm/session/session.h"
#include "sluice/schema/schema.h"

namespace fuzzed {

struct Quoted {
  std::string value;
  std::string again;
};

}  // namespace fuzzed

namespace {

struct Database {
  std::shared_ptr<sluice::engine::Engine> engine = sluice::engine::make_duckdb_engine().value();
  sluice::Context context;
  std::unique_ptr<sluice::engine::Connection> connection = engine->connect(context).value();
  sluice::Session session = sluice::open(engine).value();
};

Database& database() {
  static Database opened;
  return opened;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kBytesMax = 512;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // A statement is text: no NUL. A name is not empty.
  if (text.empty() || size > kBytesMax || text.find('\0') != text.npos ||
      !sluice::orm::is_utf8(text)) {
    return 0;
  }
  const std::string name = sluice::dialect::quote_identifier(text);
  const std::string value = sluice::dialect::quote_literal(text);
  const auto shape = database().connection->describe(database().context,
                                                     {fmt::format("SELECT 1 AS {}", name), {}});
  SLUICE_ASSERT(shape.has_value() && shape->fields.size() == 1, "a quoted name names one column");
  SLUICE_ASSERT(shape->fields[0].name == text, "the column has the name that was quoted");
  const auto rows = database().session.query<fuzzed::Quoted>(sluice::plan::Statement{
      fmt::format("SELECT {0} AS value, t.{1} AS again FROM (SELECT {0} AS {1}) t", value, name),
      {}});
  SLUICE_ASSERT(rows.has_value() && rows->size() == 1, "a quoted literal is one value");
  SLUICE_ASSERT((*rows)[0].value == text && (*rows)[0].again == text,
                "the value is the text that was quoted");
  return 0;
}
