#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "sluice/engine/duckdb/function_internal.h"

namespace sluice::engine {
namespace {

std::string_view text_of(duckdb_string_t& text) {
  return {duckdb_string_t_data(&text), duckdb_string_t_length(text)};
}

Status apply_to_chunk(const TextFunction& function, duckdb_data_chunk input, duckdb_vector output) {
  const idx_t rows = duckdb_data_chunk_get_size(input);
  duckdb_vector texts = duckdb_data_chunk_get_vector(input, 0);
  auto* values = static_cast<duckdb_string_t*>(duckdb_vector_get_data(texts));
  std::uint64_t* validity = duckdb_vector_get_validity(texts);
  for (idx_t row = 0; row < rows; ++row) {
    if (validity != nullptr && !duckdb_validity_row_is_valid(validity, row)) {
      duckdb_vector_ensure_validity_writable(output);
      duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output), row);
      continue;
    }
    SLUICE_TRY(const std::string made, function.apply(text_of(values[row])));
    duckdb_vector_assign_string_element_len(output, row, made.data(), made.size());
  }
  return {};
}

/// DuckDB calls from its own threads; nothing may be thrown into it.
void call(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto* function =
      static_cast<const TextFunction*>(duckdb_scalar_function_get_extra_info(info));
  try {
    if (const Status done = apply_to_chunk(*function, input, output); !done) {
      duckdb_scalar_function_set_error(info, done.error().message.c_str());
    }
  } catch (const std::exception&) {
    duckdb_scalar_function_set_error(info, "a function of this process failed");
  }
}

void destroy(void* function) {
  delete static_cast<TextFunction*>(function);
}  // NOLINT(*-owning-memory)

void count(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto* counter = static_cast<const RowCounter*>(duckdb_scalar_function_get_extra_info(info));
  const idx_t rows = duckdb_data_chunk_get_size(input);
  counter->rows->fetch_add(static_cast<std::int64_t>(rows), std::memory_order_relaxed);
  std::fill_n(static_cast<bool*>(duckdb_vector_get_data(output)), rows, true);
}

void destroy_counter(void* counter) {
  delete static_cast<RowCounter*>(counter);  // NOLINT(*-owning-memory)
}

Status add(DuckSession& session, TextFunction function) {
  const std::string name = function.name;
  DuckFunction made = make_volatile_function(name, DUCKDB_TYPE_VARCHAR, &call);
  const DuckType text(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  duckdb_scalar_function_add_parameter(made.get(), text.get());
  auto owned = std::make_unique<TextFunction>(std::move(function));
  duckdb_scalar_function_set_extra_info(made.get(), owned.release(), &destroy);
  return register_made(session, made, name);
}

Status add(DuckSession& session, RowCounter counter) {
  const std::string name = counter.name;
  DuckFunction made = make_volatile_function(name, DUCKDB_TYPE_BOOLEAN, &count);
  auto owned = std::make_unique<RowCounter>(std::move(counter));
  duckdb_scalar_function_set_extra_info(made.get(), owned.release(), &destroy_counter);
  return register_made(session, made, name);
}

}  // namespace

DuckFunction make_function(const std::string& name, duckdb_type returned,
                           duckdb_scalar_function_t call) {
  DuckFunction made(duckdb_create_scalar_function());
  duckdb_scalar_function_set_name(made.get(), name.c_str());
  const DuckType type(duckdb_create_logical_type(returned));
  duckdb_scalar_function_set_return_type(made.get(), type.get());
  duckdb_scalar_function_set_special_handling(made.get());  // NULL is ours to pass on
  duckdb_scalar_function_set_function(made.get(), call);
  return made;
}

DuckFunction make_volatile_function(const std::string& name, duckdb_type returned,
                                    duckdb_scalar_function_t call) {
  DuckFunction made = make_function(name, returned, call);
  duckdb_scalar_function_set_volatile(made.get());
  return made;
}

Status register_made(DuckSession& session, const DuckFunction& made, const std::string& name) {
  if (duckdb_register_scalar_function(session.get(), made.get()) != DuckDBSuccess) {
    return make_error(ErrorCode::AlreadyExists,
                      fmt::format("the engine does not take a function: '{}'", name));
  }
  return {};
}

Status register_function(DuckSession& session, Function function) {
  return std::visit([&](auto& one) { return add(session, std::move(one)); }, function);
}

}  // namespace sluice::engine
