#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/engine/duckdb/function_internal.h"
#include "sluice/engine/duckdb/text_internal.h"

namespace sluice::engine {
namespace {

/// `each(row, text)` of every text that is there, then `done()`; the others are NULL in the output
/// too.
template <class Each, class Done>
void for_each_text(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output,
                   const Each& each, const Done& done) {
  constexpr idx_t kBits = 64;
  const idx_t rows = duckdb_data_chunk_get_size(input);
  duckdb_vector texts = duckdb_data_chunk_get_vector(input, 0);
  auto* values = static_cast<duckdb_string_t*>(duckdb_vector_get_data(texts));
  std::uint64_t* validity = duckdb_vector_get_validity(texts);
  if (validity != nullptr) {
    duckdb_vector_ensure_validity_writable(output);
    std::uint64_t* kept = duckdb_vector_get_validity(output);
    std::copy_n(validity, (rows + kBits - 1) / kBits, kept);
  }
  try {
    for (idx_t row = 0; row < rows; ++row) {
      if (validity == nullptr || (validity[row / kBits] >> (row % kBits) & 1U) != 0) {
        duckdb_string_t& text = values[row];
        each(row, std::string_view(duckdb_string_t_data(&text), duckdb_string_t_length(text)));
      }
    }
    done();
  } catch (const std::exception&) {
    duckdb_scalar_function_set_error(info, "a function of texts ran out of memory");
  }
}

template <class Each>
void for_each_text(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output,
                   const Each& each) {
  for_each_text(info, input, output, each, [] {});
}

/// Writes the texts of a vector. Short ones lie in the value itself, the others side by side in
/// blocks of the vector's memory, as an allocation for each would cost more than the text.
class TextWriter {
 public:
  explicit TextWriter(duckdb_vector vector)
      : vector_(vector), values_(static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector))) {}

  void put(idx_t row, std::string_view text) {
    constexpr std::size_t kBlock = 1U << 18U;
    duckdb_string_t& value = values_[row];
    value = {};
    if (text.size() <= sizeof(value.value.inlined.inlined)) {
      value.value.inlined.length = static_cast<std::uint32_t>(text.size());
      std::ranges::copy(text, value.value.inlined.inlined);
      return;
    }
    value.value.pointer.length = static_cast<std::uint32_t>(text.size());
    std::copy_n(text.data(), sizeof(value.value.pointer.prefix), value.value.pointer.prefix);
    rows_.push_back(row);
    block_ += text;
    if (block_.size() >= kBlock) {
      finish();
    }
  }

  void finish() {
    if (rows_.empty()) {
      return;
    }
    const idx_t first = rows_.front();
    const std::uint32_t length_of_first = values_[first].value.pointer.length;
    duckdb_unsafe_vector_assign_string_element_len(vector_, first, block_.data(), block_.size());
    char* at = values_[first].value.pointer.ptr;
    values_[first].value.pointer.length = length_of_first;
    for (const idx_t row : rows_) {
      values_[row].value.pointer.ptr = at;
      at += values_[row].value.pointer.length;
    }
    rows_.clear();
    block_.clear();
  }

 private:
  duckdb_vector vector_;
  duckdb_string_t* values_;
  std::vector<idx_t> rows_;  // whose texts are in the block
  std::string block_;
};

void put_null(duckdb_vector vector, idx_t row) {
  duckdb_vector_ensure_validity_writable(vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
}

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

template <std::string_view (*Trim)(std::string_view)>
void trim_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  TextWriter texts(output);
  for_each_text(
      info, input, output, [&](idx_t row, std::string_view text) { texts.put(row, Trim(text)); },
      [&] { texts.finish(); });
}

/// Eight signs at once: their highest bits are free in ASCII and take what a sum carries.
constexpr std::uint64_t each_byte(std::uint64_t byte) { return byte * 0x0101010101010101U; }

template <char First, char Last>
std::uint64_t turn_case(std::uint64_t signs) {
  const std::uint64_t from_first = signs + each_byte(0x80U - static_cast<unsigned char>(First));
  const std::uint64_t past_last = signs + each_byte(0x7FU - static_cast<unsigned char>(Last));
  return signs ^ (((from_first ^ past_last) & each_byte(0x80)) >> 2U);
}

/// False when a sign is none of ASCII.
template <char First, char Last>
bool turn_case(std::string_view text, std::string& turned) {
  std::uint64_t seen = 0;
  turned.resize(text.size());
  const auto turn = [&](std::size_t at, std::size_t length) {
    std::uint64_t signs = 0;
    std::memcpy(&signs, text.data() + at, length);
    seen |= signs;
    signs = turn_case<First, Last>(signs);
    std::memcpy(turned.data() + at, &signs, length);
  };
  std::size_t at = 0;
  for (; at + sizeof(seen) <= text.size(); at += sizeof(seen)) {
    turn(at, sizeof(seen));
  }
  for (; at < text.size(); ++at) {
    turn(at, 1);
  }
  return (seen & each_byte(0x80)) == 0;
}

template <char First, char Last>
void case_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  TextWriter texts(output);
  std::string turned;
  for_each_text(
      info, input, output,
      [&](idx_t row, std::string_view text) {
        if (turn_case<First, Last>(text, turned)) {
          texts.put(row, turned);
        } else {
          put_null(output, row);
        }
      },
      [&] { texts.finish(); });
}

bool is_digit(char sign) { return sign >= '0' && sign <= '9'; }

void whole_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  auto* numbers = static_cast<std::int64_t*>(duckdb_vector_get_data(output));
  for_each_text(info, input, output, [&](idx_t row, std::string_view text) {
    constexpr std::size_t kDigitsMax = 18;
    const bool is_negative = text.starts_with('-');
    const std::string_view digits = text.substr(is_negative ? 1 : 0);
    if (digits.empty() || digits.size() > kDigitsMax || !std::ranges::all_of(digits, is_digit)) {
      return put_null(output, row);
    }
    std::int64_t number = 0;
    for (const char digit : digits) {
      number = number * 10 + (digit - '0');
    }
    numbers[row] = is_negative ? -number : number;
  });
}

/// Digits and a point among them, so few that the double nearest to them is one division away:
/// they and the power of ten are doubles themselves.
std::optional<double> plain_number(std::string_view text) {
  constexpr std::size_t kDigitsMax = 15;
  constexpr auto kPowers = std::to_array<double>(
      {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15});
  const bool is_negative = text.starts_with('-');
  text.remove_prefix(is_negative ? 1 : 0);
  const std::size_t whole = std::min(text.find('.'), text.size());
  const std::size_t fraction = whole == text.size() ? 0 : text.size() - whole - 1;
  if (whole == 0 || whole + fraction > kDigitsMax) {
    return std::nullopt;
  }
  std::int64_t digits = 0;
  bool is_plain = true;
  const auto read = [&](std::string_view part) {
    for (const char sign : part) {
      is_plain = is_plain && is_digit(sign);
      digits = digits * 10 + (sign - '0');
    }
  };
  read(text.substr(0, whole));
  read(text.substr(text.size() - fraction));
  if (!is_plain) {
    return std::nullopt;
  }
  const double number = static_cast<double>(digits) / kPowers[fraction];
  return is_negative ? -number : number;
}

void number_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  auto* numbers = static_cast<double*>(duckdb_vector_get_data(output));
  for_each_text(info, input, output, [&](idx_t row, std::string_view text) {
    if (const auto number = plain_number(text)) {
      numbers[row] = *number;
    } else {
      put_null(output, row);
    }
  });
}

/// Of a day written yyyy-mm-dd.
std::optional<std::int32_t> days_since_1970(std::string_view text) {
  constexpr std::string_view kShape = "yyyy-mm-dd";
  if (text.size() != kShape.size() || text[4] != '-' || text[7] != '-') {
    return std::nullopt;
  }
  bool is_plain = true;
  const auto number = [&](std::size_t from, std::size_t count) {
    unsigned value = 0;
    for (const char sign : text.substr(from, count)) {
      is_plain = is_plain && is_digit(sign);
      value = value * 10 + static_cast<unsigned char>(sign - '0');
    }
    return value;
  };
  const std::chrono::year_month_day day(std::chrono::year(static_cast<int>(number(0, 4))),
                                        std::chrono::month(number(5, 2)),
                                        std::chrono::day(number(8, 2)));
  if (!is_plain || !day.ok() || day.year() == std::chrono::year(0)) {
    return std::nullopt;
  }
  return static_cast<std::int32_t>(std::chrono::sys_days(day).time_since_epoch().count());
}

void day_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  auto* days = static_cast<duckdb_date*>(duckdb_vector_get_data(output));
  for_each_text(info, input, output, [&](idx_t row, std::string_view text) {
    if (const auto day = days_since_1970(text)) {
      days[row].days = *day;
    } else {
      put_null(output, row);
    }
  });
}

/// A year of our era and after it nothing but signs of numbers: no name of a zone, no era.
bool is_plain_stamp(std::string_view text) {
  constexpr std::size_t kYear = 4;
  if (text.size() <= kYear || text[0] < '1' || text[0] > '9' ||
      !std::ranges::all_of(text.substr(1, kYear - 1), is_digit)) {
    return false;
  }
  if (text.ends_with('Z')) {
    text.remove_suffix(1);
  }
  return std::ranges::all_of(text.substr(kYear), [](char sign) {
    return is_digit(sign) || sign == ':' || sign == '-' || sign == '.' || sign == '+' ||
           sign == ' ' || sign == 'T';
  });
}

void stamp_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  auto* truths = static_cast<bool*>(duckdb_vector_get_data(output));
  for_each_text(info, input, output,
                [&](idx_t row, std::string_view text) { truths[row] = is_plain_stamp(text); });
}

}  // namespace

Status register_text_functions(DuckSession& session) {
  struct Known {
    const char* name;
    duckdb_type returned;
    duckdb_scalar_function_t call;
  };
  const DuckType text(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  for (const Known& known : {Known{"_sluice_trim", DUCKDB_TYPE_VARCHAR, &trim_chunk<&trim_both>},
                             Known{"_sluice_ltrim", DUCKDB_TYPE_VARCHAR, &trim_chunk<&trim_left>},
                             Known{"_sluice_rtrim", DUCKDB_TYPE_VARCHAR, &trim_chunk<&trim_right>},
                             Known{"_sluice_lower", DUCKDB_TYPE_VARCHAR, &case_chunk<'A', 'Z'>},
                             Known{"_sluice_upper", DUCKDB_TYPE_VARCHAR, &case_chunk<'a', 'z'>},
                             Known{"_sluice_whole", DUCKDB_TYPE_BIGINT, &whole_chunk},
                             Known{"_sluice_number", DUCKDB_TYPE_DOUBLE, &number_chunk},
                             Known{"_sluice_day", DUCKDB_TYPE_DATE, &day_chunk},
                             Known{"_sluice_is_stamp", DUCKDB_TYPE_BOOLEAN, &stamp_chunk}}) {
    const DuckFunction made = make_function(known.name, known.returned, known.call);
    duckdb_scalar_function_add_parameter(made.get(), text.get());
    SLUICE_CHECK(register_made(session, made, known.name));
  }
  return {};
}

}  // namespace sluice::engine
