#include <algorithm>
#include <cstring>

#include "baseline.h"
#include <duckdb.h>

namespace baseline {
namespace {

constexpr const char* kCreate =
    "CREATE TABLE orders (id BIGINT, email VARCHAR, country VARCHAR, amount DOUBLE, "
    "quantity INTEGER, placed_at TIMESTAMPTZ)";
constexpr idx_t kColumns = 6;

template <class V>
V* data_of(duckdb_data_chunk chunk, idx_t column) {
  return static_cast<V*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, column)));
}

void put_text(duckdb_data_chunk chunk, idx_t column, idx_t row, const std::string& text) {
  duckdb_vector_assign_string_element_len(duckdb_data_chunk_get_vector(chunk, column), row,
                                          text.data(), text.size());
}

void get_text(duckdb_string_t* texts, idx_t row, std::string& out) {
  out.assign(duckdb_string_t_data(&texts[row]), duckdb_string_t_length(texts[row]));
}

void fill_chunk(duckdb_data_chunk chunk, const Order* orders, idx_t count) {
  auto* ids = data_of<std::int64_t>(chunk, 0);
  auto* amounts = data_of<double>(chunk, 3);
  auto* quantities = data_of<std::int32_t>(chunk, 4);
  auto* times = data_of<std::int64_t>(chunk, 5);
  for (idx_t i = 0; i < count; ++i) {
    ids[i] = orders[i].id;
    put_text(chunk, 1, i, orders[i].email);
    put_text(chunk, 2, i, orders[i].country);
    amounts[i] = orders[i].amount;
    quantities[i] = orders[i].quantity;
    times[i] = orders[i].placed_at;
  }
  duckdb_data_chunk_set_size(chunk, count);
}

void read_chunk(duckdb_data_chunk chunk, idx_t count, std::vector<Order>& page) {
  const auto* ids = data_of<std::int64_t>(chunk, 0);
  auto* emails = data_of<duckdb_string_t>(chunk, 1);
  auto* countries = data_of<duckdb_string_t>(chunk, 2);
  const auto* amounts = data_of<double>(chunk, 3);
  const auto* quantities = data_of<std::int32_t>(chunk, 4);
  const auto* times = data_of<std::int64_t>(chunk, 5);
  for (idx_t i = 0; i < count; ++i) {
    Order& order = page[i];
    order.id = ids[i];
    get_text(emails, i, order.email);
    get_text(countries, i, order.country);
    order.amount = amounts[i];
    order.quantity = quantities[i];
    order.placed_at = times[i];
  }
}

}  // namespace

struct Database::Handles {
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
};

Database::Database() : handles_(std::make_unique<Handles>()) {
  duckdb_open(nullptr, &handles_->database);
  duckdb_connect(handles_->database, &handles_->connection);
  duckdb_query(handles_->connection, kCreate, nullptr);
}

Database::~Database() {
  duckdb_disconnect(&handles_->connection);
  duckdb_close(&handles_->database);
}

bool Database::insert(const std::vector<Order>& orders) {
  duckdb_appender appender = nullptr;
  if (duckdb_appender_create(handles_->connection, nullptr, "orders", &appender) != DuckDBSuccess) {
    return false;
  }
  std::vector<duckdb_logical_type> types;
  for (const duckdb_type type :
       {DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_VARCHAR, DUCKDB_TYPE_VARCHAR, DUCKDB_TYPE_DOUBLE,
        DUCKDB_TYPE_INTEGER, DUCKDB_TYPE_TIMESTAMP_TZ}) {
    types.push_back(duckdb_create_logical_type(type));
  }
  duckdb_data_chunk chunk = duckdb_create_data_chunk(types.data(), kColumns);
  bool good = true;
  const idx_t chunk_rows = duckdb_vector_size();
  for (std::size_t at = 0; good && at < orders.size(); at += chunk_rows) {
    const idx_t count = std::min<idx_t>(chunk_rows, orders.size() - at);
    duckdb_data_chunk_reset(chunk);
    fill_chunk(chunk, &orders[at], count);
    good = duckdb_append_data_chunk(appender, chunk) == DuckDBSuccess;
  }
  duckdb_destroy_data_chunk(&chunk);
  for (duckdb_logical_type& type : types) {
    duckdb_destroy_logical_type(&type);
  }
  good = duckdb_appender_close(appender) == DuckDBSuccess && good;
  duckdb_appender_destroy(&appender);
  return good;
}

std::size_t Database::read(std::int64_t& sum) {
  duckdb_prepared_statement statement = nullptr;
  duckdb_pending_result pending = nullptr;
  duckdb_result result;
  duckdb_prepare(handles_->connection, "SELECT * FROM orders", &statement);
  duckdb_pending_prepared_streaming(statement, &pending);
  if (duckdb_execute_pending(pending, &result) != DuckDBSuccess) {
    return 0;
  }
  std::vector<Order> page(duckdb_vector_size());
  std::size_t rows = 0;
  sum = 0;
  while (duckdb_data_chunk chunk = duckdb_fetch_chunk(result)) {
    const idx_t count = duckdb_data_chunk_get_size(chunk);
    if (count == 0) {
      duckdb_destroy_data_chunk(&chunk);
      break;
    }
    read_chunk(chunk, count, page);
    for (idx_t i = 0; i < count; ++i) {
      sum += page[i].id;
    }
    rows += count;
    duckdb_destroy_data_chunk(&chunk);
  }
  duckdb_destroy_result(&result);
  duckdb_destroy_pending(&pending);
  duckdb_destroy_prepare(&statement);
  return rows;
}

bool is_valid(const Order& order) {
  const std::size_t at = order.email.find('@');
  const bool is_email = at != std::string::npos && at > 0 && order.email.size() <= 254 &&
                        order.email.find('.', at + 2) != std::string::npos &&
                        order.email.find('@', at + 1) == std::string::npos;
  const bool is_country = order.country == "NZ" || order.country == "AU" || order.country == "DE";
  return is_email && is_country && order.amount >= 0 && order.amount <= 1e6 &&
         order.quantity >= 1 && order.quantity <= 1000;
}

}  // namespace baseline
