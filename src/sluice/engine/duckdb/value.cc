#include <algorithm>
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/engine/duckdb/statement_internal.h"

namespace sluice::engine {
namespace {

constexpr int kDigitsMax = 38;

__extension__ using Wide = __int128;

duckdb_hugeint split(Wide number) {
  return {.lower = static_cast<std::uint64_t>(number),
          .upper = static_cast<std::int64_t>(number >> 64)};
}

Error bad_decimal(const std::string& digits) {
  return make_error(
      ErrorCode::InvalidArgument,
      fmt::format("expected a decimal of up to {} digits, got '{}'", kDigitsMax, digits));
}

/// "-12.50" is 1250 with scale 2.
Result<duckdb_decimal> parse_decimal(const std::string& text) {
  const std::size_t begin = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  Wide number = 0;
  int digits = 0;
  int scale = 0;
  bool after_point = false;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '.' && !after_point) {
      after_point = true;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') {
      return bad_decimal(text);
    }
    const bool leading_zero = digits == 0 && text[i] == '0' && !after_point;
    digits += leading_zero ? 0 : 1;
    scale += after_point ? 1 : 0;
    if (digits > kDigitsMax) {
      return bad_decimal(text);
    }
    number = number * 10 + (text[i] - '0');
  }
  if (text.size() == begin + (after_point ? 1U : 0U)) {
    return bad_decimal(text);
  }
  return duckdb_decimal{
      .width = static_cast<std::uint8_t>(std::max(digits, std::min(scale + 1, kDigitsMax))),
      .scale = static_cast<std::uint8_t>(scale),
      .value = split(text[0] == '-' ? -number : number)};
}

duckdb_uhugeint number_of(const Uuid& id) {
  duckdb_uhugeint number{};
  for (std::size_t i = 0; i < 8; ++i) {
    number.upper = number.upper << 8 | id.bytes[i];
    number.lower = number.lower << 8 | id.bytes[i + 8];
  }
  return number;
}

Status bound(duckdb_state state, const duckdb_prepared_statement prepared, idx_t index) {
  if (state == DuckDBSuccess) {
    return {};
  }
  const char* text = duckdb_prepare_error(prepared);
  return make_error(ErrorCode::InvalidArgument,
                    fmt::format("the engine refuses the value of parameter {}", index))
      .with_native(text == nullptr ? "" : text);
}

Status bind_text(duckdb_prepared_statement prepared, idx_t index, const std::string& text) {
  const DuckErrorData invalid(duckdb_valid_utf8_check(text.data(), text.size()));
  if (invalid.get() != nullptr && duckdb_error_data_has_error(invalid.get())) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected UTF-8 in the text of parameter {}", index))
        .with_hint("bind bytes that are not text as BytesValue");
  }
  return bound(duckdb_bind_varchar_length(prepared, index, text.data(), text.size()), prepared,
               index);
}

}  // namespace

Status bind_value(duckdb_prepared_statement prepared, idx_t index, const plan::Value& value) {
  const auto done = [&](duckdb_state state) { return bound(state, prepared, index); };
  return std::visit(
      overloaded{
          [&](plan::Null) { return done(duckdb_bind_null(prepared, index)); },
          [&](bool truth) { return done(duckdb_bind_boolean(prepared, index, truth)); },
          [&](std::int64_t number) { return done(duckdb_bind_int64(prepared, index, number)); },
          [&](std::uint64_t number) { return done(duckdb_bind_uint64(prepared, index, number)); },
          [&](double number) { return done(duckdb_bind_double(prepared, index, number)); },
          [&](const plan::DecimalValue& decimal) -> Status {
            SLUICE_TRY(const duckdb_decimal parsed, parse_decimal(decimal.digits));
            return done(duckdb_bind_decimal(prepared, index, parsed));
          },
          [&](const std::string& text) { return bind_text(prepared, index, text); },
          [&](const plan::BytesValue& bytes) {
            return done(duckdb_bind_blob(
                prepared, index, bytes.empty() ? "" : static_cast<const void*>(bytes.data()),
                bytes.size()));
          },
          [&](plan::DateValue date) {
            return done(duckdb_bind_date(prepared, index, {.days = date.days_since_1970}));
          },
          [&](plan::TimeValue time) {
            return done(duckdb_bind_time(prepared, index, {.micros = time.micros_of_day}));
          },
          [&](sys_micros instant) {
            return done(duckdb_bind_timestamp_tz(prepared, index,
                                                 {.micros = instant.time_since_epoch().count()}));
          },
          [&](const Uuid& id) {
            const DuckValue uuid(duckdb_create_uuid(number_of(id)));
            return done(duckdb_bind_value(prepared, index, uuid.get()));
          },
      },
      value);
}

}  // namespace sluice::engine
