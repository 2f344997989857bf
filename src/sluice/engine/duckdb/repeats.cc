#include <array>
#include <bit>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "sluice/engine/duckdb/handle_internal.h"
#include "sluice/engine/duckdb/repeats_internal.h"

namespace sluice::engine {
namespace {

/// A set of numbers in pages of bits, and how often one came again.
class SeenNumbers {
 public:
  void add(std::int64_t number) {
    if (std::uint64_t* page = find_page(number >> kPageBits)) {
      const auto place = static_cast<std::uint64_t>(number) & (kPageSize - 1);
      const std::uint64_t bit = std::uint64_t{1} << (place % 64);
      repeats_ += (page[place / 64] & bit) != 0 ? 1 : 0;
      page[place / 64] |= bit;
    }
  }

  void merge(SeenNumbers& other) {
    repeats_ += other.repeats_;
    is_full_ = is_full_ || other.is_full_;
    for (auto& [number, words] : other.pages_) {
      std::uint64_t* page = find_page(number);
      for (std::size_t i = 0; page != nullptr && i < words->size(); ++i) {
        repeats_ += std::popcount(page[i] & (*words)[i]);
        page[i] |= (*words)[i];
      }
    }
  }

  /// Nothing: they lie too far from each other.
  std::optional<std::int64_t> repeats() const {
    return is_full_ ? std::nullopt : std::optional(repeats_);
  }

 private:
  static constexpr int kPageBits = 16;
  static constexpr std::uint64_t kPageSize = std::uint64_t{1} << kPageBits;
  static constexpr std::size_t kPagesMax = 4'096;  // 32 MiB, for 268 million neighbours
  using Page = std::array<std::uint64_t, kPageSize / 64>;

  std::uint64_t* find_page(std::int64_t number) {
    if (number == newest_number_ && newest_ != nullptr) {
      return newest_;
    }
    if (is_full_) {
      return nullptr;
    }
    std::unique_ptr<Page>& page = pages_[number];
    if (page == nullptr) {
      if (pages_.size() > kPagesMax) {
        is_full_ = true;
        pages_.clear();
        newest_ = nullptr;
        return nullptr;
      }
      page = std::make_unique<Page>();
    }
    newest_number_ = number;
    newest_ = page->data();
    return newest_;
  }

  std::unordered_map<std::int64_t, std::unique_ptr<Page>> pages_;
  std::int64_t newest_number_ = 0;
  std::uint64_t* newest_ = nullptr;
  std::int64_t repeats_ = 0;
  bool is_full_ = false;
};

/// The engine moves what it keeps for us as plain bytes: it keeps where ours lie.
SeenNumbers*& kept_in(duckdb_aggregate_state state) {
  return *reinterpret_cast<SeenNumbers**>(state);
}

SeenNumbers& seen_in(duckdb_aggregate_state state) {
  SeenNumbers*& kept = kept_in(state);
  if (kept == nullptr) {
    kept = new SeenNumbers();  // NOLINT(*-owning-memory)
  }
  return *kept;
}

idx_t state_size(duckdb_function_info /*info*/) { return sizeof(SeenNumbers*); }

void begin(duckdb_function_info /*info*/, duckdb_aggregate_state state) {
  kept_in(state) = nullptr;
}

void destroy(duckdb_aggregate_state* states, idx_t count) {
  for (idx_t i = 0; i < count; ++i) {
    delete std::exchange(kept_in(states[i]), nullptr);  // NOLINT(*-owning-memory)
  }
}

void update(duckdb_function_info info, duckdb_data_chunk input, duckdb_aggregate_state* states) {
  const idx_t rows = duckdb_data_chunk_get_size(input);
  duckdb_vector column = duckdb_data_chunk_get_vector(input, 0);
  const auto* numbers = static_cast<const std::int64_t*>(duckdb_vector_get_data(column));
  std::uint64_t* validity = duckdb_vector_get_validity(column);
  try {
    for (idx_t row = 0; row < rows; ++row) {
      if (validity == nullptr || duckdb_validity_row_is_valid(validity, row)) {
        seen_in(states[row]).add(numbers[row]);
      }
    }
  } catch (const std::exception&) {
    duckdb_aggregate_function_set_error(info, "no memory to look for repeated keys");
  }
}

void combine(duckdb_function_info info, duckdb_aggregate_state* from, duckdb_aggregate_state* into,
             idx_t count) {
  try {
    for (idx_t i = 0; i < count; ++i) {
      if (SeenNumbers* seen = kept_in(from[i])) {
        seen_in(into[i]).merge(*seen);
      }
    }
  } catch (const std::exception&) {
    duckdb_aggregate_function_set_error(info, "no memory to look for repeated keys");
  }
}

void finish(duckdb_function_info /*info*/, duckdb_aggregate_state* states, duckdb_vector output,
            idx_t count, idx_t offset) {
  auto* told = static_cast<std::int64_t*>(duckdb_vector_get_data(output));
  duckdb_vector_ensure_validity_writable(output);
  for (idx_t i = 0; i < count; ++i) {
    const SeenNumbers* seen = kept_in(states[i]);
    if (const std::optional<std::int64_t> repeats =
            seen == nullptr ? std::optional<std::int64_t>(0) : seen->repeats()) {
      told[offset + i] = *repeats;
    } else {
      duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output), offset + i);
    }
  }
}

}  // namespace

Status register_repeats(DuckSession& session) {
  const DuckAggregate made(duckdb_create_aggregate_function());
  const DuckType number(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  duckdb_aggregate_function_set_name(made.get(), "_sluice_repeats");
  duckdb_aggregate_function_add_parameter(made.get(), number.get());
  duckdb_aggregate_function_set_return_type(made.get(), number.get());
  duckdb_aggregate_function_set_functions(made.get(), &state_size, &begin, &update, &combine,
                                          &finish);
  duckdb_aggregate_function_set_destructor(made.get(), &destroy);
  if (duckdb_register_aggregate_function(session.get(), made.get()) != DuckDBSuccess) {
    return make_error(ErrorCode::Internal, "the engine does not take an aggregate of ours");
  }
  return {};
}

}  // namespace sluice::engine
