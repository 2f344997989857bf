#include <algorithm>
#include <bit>
#include <exception>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "sluice/engine/duckdb/error_internal.h"
#include "sluice/engine/duckdb/function_internal.h"
#include "sluice/engine/duckdb/gate_internal.h"

namespace sluice::engine {
namespace {

constexpr std::size_t kBits = 64;

using DuckSelection = DuckHandle<duckdb_selection_vector, [](duckdb_selection_vector* selection) {
  duckdb_destroy_selection_vector(*selection);
}>;

/// What a gate writes to and counts. Calls come from several threads of one statement.
class Keeper {
 public:
  Keeper(std::shared_ptr<DuckSession> session, int flags)
      : session_(std::move(session)), masks_(static_cast<std::size_t>(flags)) {
    counts_.flags.resize(kBits * masks_);
  }

  Status open(const std::string& table) {
    if (duckdb_appender_create(session_->get(), nullptr, table.c_str(), appender_.out()) !=
        DuckDBSuccess) {
      return fault("opening the table of a gate");
    }
    type_ = DuckType(duckdb_appender_column_type(appender_.get(), 0));
    return {};
  }

  duckdb_logical_type type() const { return type_.get(); }

  /// `passes` has a place for every row of the input.
  Status judge(duckdb_data_chunk input, bool* passes);
  Result<GateCounts> close();

 private:
  Error fault(std::string_view what) {
    const char* text =
        appender_.get() == nullptr ? nullptr : duckdb_appender_error(appender_.get());
    return duckdb_error(text == nullptr ? "no reason was given" : text, what);
  }
  Status keep(duckdb_vector values, const std::vector<sel_t>& refused);

  std::mutex mutex_;
  std::shared_ptr<DuckSession> session_;
  DuckAppender appender_;
  DuckType type_;
  std::size_t masks_;
  GateCounts counts_;
};

void add_flags(const std::int64_t* masks, idx_t rows, std::int64_t* counts) {
  for (idx_t row = 0; row < rows; ++row) {
    for (auto left = static_cast<std::uint64_t>(masks[row]); left != 0; left &= left - 1) {
      ++counts[std::countr_zero(left)];
    }
  }
}

Status Keeper::judge(duckdb_data_chunk input, bool* passes) {
  const idx_t rows = duckdb_data_chunk_get_size(input);
  duckdb_vector values = duckdb_data_chunk_get_vector(input, 0);
  std::uint64_t* validity = duckdb_vector_get_validity(values);
  std::vector<sel_t> refused;
  for (idx_t row = 0; row < rows; ++row) {
    passes[row] = validity != nullptr && !duckdb_validity_row_is_valid(validity, row);
    if (!passes[row]) {
      refused.push_back(static_cast<sel_t>(row));
    }
  }
  std::vector<std::int64_t> flags(counts_.flags.size());
  for (std::size_t mask = 0; mask < masks_; ++mask) {
    const auto* bits = static_cast<const std::int64_t*>(
        duckdb_vector_get_data(duckdb_data_chunk_get_vector(input, mask + 1)));
    add_flags(bits, rows, flags.data() + kBits * mask);
  }
  const std::scoped_lock lock(mutex_);
  if (appender_.get() == nullptr) {
    return make_error(ErrorCode::Internal, "a gate was asked after it was closed");
  }
  if (!refused.empty()) {
    SLUICE_CHECK(keep(values, refused));
  }
  counts_.kept += static_cast<std::int64_t>(refused.size());
  counts_.passed += static_cast<std::int64_t>(rows - refused.size());
  std::ranges::transform(flags, counts_.flags, counts_.flags.begin(), std::plus<>());
  return {};
}

Status Keeper::keep(duckdb_vector values, const std::vector<sel_t>& refused) {
  const DuckSelection selection(duckdb_create_selection_vector(refused.size()));
  std::ranges::copy(refused, duckdb_selection_vector_get_data_ptr(selection.get()));
  duckdb_logical_type types[] = {type_.get()};
  const DuckChunk chunk(duckdb_create_data_chunk(types, 1));
  duckdb_vector_copy_sel(values, duckdb_data_chunk_get_vector(chunk.get(), 0), selection.get(),
                         refused.size(), 0, 0);
  duckdb_data_chunk_set_size(chunk.get(), refused.size());
  if (duckdb_append_data_chunk(appender_.get(), chunk.get()) != DuckDBSuccess) {
    return fault("keeping what a gate refused");
  }
  return {};
}

Result<GateCounts> Keeper::close() {
  const std::scoped_lock lock(mutex_);
  if (appender_.get() == nullptr) {
    return make_error(ErrorCode::Internal, "a gate was closed twice");
  }
  const bool is_kept = duckdb_appender_close(appender_.get()) == DuckDBSuccess;
  const Status done = is_kept ? Status() : Status(fault("keeping what a gate refused"));
  appender_.reset();
  session_.reset();
  SLUICE_CHECK(done);
  return counts_;
}

/// DuckDB calls from its own threads; nothing may be thrown into it.
void call(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto* keeper =
      static_cast<const std::shared_ptr<Keeper>*>(duckdb_scalar_function_get_extra_info(info));
  try {
    auto* passes = static_cast<bool*>(duckdb_vector_get_data(output));
    if (const Status judged = (*keeper)->judge(input, passes); !judged) {
      duckdb_scalar_function_set_error(info, judged.error().message.c_str());
    }
  } catch (const std::exception&) {
    duckdb_scalar_function_set_error(info, "a gate of this process failed");
  }
}

void destroy(void* keeper) {
  delete static_cast<std::shared_ptr<Keeper>*>(keeper);  // NOLINT(*-owning-memory)
}

class DuckGate final : public Gate {
 public:
  explicit DuckGate(std::shared_ptr<Keeper> keeper) : keeper_(std::move(keeper)) {}
  DuckGate(const DuckGate&) = delete;
  DuckGate& operator=(const DuckGate&) = delete;
  ~DuckGate() override {
    if (!is_closed_) {
      static_cast<void>(keeper_->close());  // the engine holds the function until it ends
    }
  }

  Result<GateCounts> close() override {
    is_closed_ = true;
    return keeper_->close();
  }

 private:
  std::shared_ptr<Keeper> keeper_;
  bool is_closed_ = false;
};

}  // namespace

Result<std::unique_ptr<Gate>> make_gate(std::shared_ptr<DuckDatabase> database,
                                        const GateOptions& options) {
  SLUICE_TRY(auto session, DuckSession::open(std::move(database)));
  DuckSession& registrar = *session;
  auto keeper = std::make_shared<Keeper>(std::move(session), options.flags);
  DuckFunction made = make_volatile_function(options.name, DUCKDB_TYPE_BOOLEAN, &call);
  SLUICE_CHECK(keeper->open(options.table));
  duckdb_scalar_function_add_parameter(made.get(), keeper->type());
  const DuckType flags(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  for (int i = 0; i < options.flags; ++i) {
    duckdb_scalar_function_add_parameter(made.get(), flags.get());
  }
  auto owned = std::make_unique<std::shared_ptr<Keeper>>(keeper);
  duckdb_scalar_function_set_extra_info(made.get(), owned.release(), &destroy);
  SLUICE_CHECK(register_made(registrar, made, options.name));
  return std::unique_ptr<Gate>(std::make_unique<DuckGate>(std::move(keeper)));
}

}  // namespace sluice::engine
