#include <algorithm>
#include <string_view>
#include <utility>

#include "sluice/engine/duckdb/function_internal.h"
#include "sluice/engine/duckdb/trim_internal.h"

namespace sluice::engine {
namespace {

bool is_blank(char sign) { return sign == ' ' || (sign >= '\t' && sign <= '\r'); }

std::string_view trim_left(std::string_view text) {
  return {std::ranges::find_if_not(text, is_blank), text.end()};
}

std::string_view trim_right(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

std::string_view trim_both(std::string_view text) { return trim_right(trim_left(text)); }

/// Short texts lie in the value itself, others in memory of the vector.
void put_text(duckdb_vector vector, duckdb_string_t* values, idx_t row, std::string_view text) {
  duckdb_string_t& value = values[row];
  if (text.size() > sizeof(value.value.inlined.inlined)) {
    duckdb_unsafe_vector_assign_string_element_len(vector, row, text.data(), text.size());
    return;
  }
  value = {};
  value.value.inlined.length = static_cast<std::uint32_t>(text.size());
  std::ranges::copy(text, value.value.inlined.inlined);
}

template <std::string_view (*Trim)(std::string_view)>
void trim_chunk(duckdb_function_info /*info*/, duckdb_data_chunk input, duckdb_vector output) {
  const idx_t rows = duckdb_data_chunk_get_size(input);
  duckdb_vector texts = duckdb_data_chunk_get_vector(input, 0);
  auto* read = static_cast<duckdb_string_t*>(duckdb_vector_get_data(texts));
  auto* written = static_cast<duckdb_string_t*>(duckdb_vector_get_data(output));
  std::uint64_t* validity = duckdb_vector_get_validity(texts);
  if (validity != nullptr) {
    duckdb_vector_ensure_validity_writable(output);
    std::uint64_t* kept = duckdb_vector_get_validity(output);
    constexpr idx_t kBits = 64;
    std::copy_n(validity, (rows + kBits - 1) / kBits, kept);
  }
  for (idx_t row = 0; row < rows; ++row) {
    if (validity != nullptr && !duckdb_validity_row_is_valid(validity, row)) {
      continue;
    }
    duckdb_string_t& text = read[row];
    put_text(output, written, row,
             Trim({duckdb_string_t_data(&text), duckdb_string_t_length(text)}));
  }
}

}  // namespace

Status register_trims(DuckSession& session) {
  const DuckType text(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  for (const auto& [name, call] : {std::pair("_sluice_trim", &trim_chunk<&trim_both>),
                                   std::pair("_sluice_ltrim", &trim_chunk<&trim_left>),
                                   std::pair("_sluice_rtrim", &trim_chunk<&trim_right>)}) {
    const DuckFunction made = make_function(name, DUCKDB_TYPE_VARCHAR, call);
    duckdb_scalar_function_add_parameter(made.get(), text.get());
    SLUICE_CHECK(register_made(session, made, name));
  }
  return {};
}

}  // namespace sluice::engine
