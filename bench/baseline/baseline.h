// What a careful programmer writes by hand for one struct: the loops that the typed door is
// measured beside. They speak to DuckDB's C API and to simdjson alone and know nothing of Sluice.
// Each call stands for itself; a Database is used by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace baseline {

struct Order {
  std::int64_t id;
  std::string email;
  std::string country;
  double amount;
  std::int32_t quantity;
  std::int64_t placed_at;  // microseconds, UTC
};

/// An empty database in memory with the table orders.
class Database {
 public:
  Database();
  Database(const Database&) = delete;
  Database(Database&&) = delete;
  Database& operator=(const Database&) = delete;
  Database& operator=(Database&&) = delete;
  ~Database();

  /// Appends all orders, a chunk at a time; false when DuckDB refuses.
  bool insert(const std::vector<Order>& orders);
  /// Reads the whole table a chunk at a time into one reused page of structs; how many rows there
  /// were, and the sum of their ids in `sum`.
  std::size_t read(std::int64_t& sum);

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

/// The checks of an order, as ifs.
bool is_valid(const Order& order);

/// Reads payloads that are followed by padding, as strictly as sluice::from_json: each key once, no
/// other key, the declared type, nothing behind.
class JsonReader {
 public:
  JsonReader();
  JsonReader(const JsonReader&) = delete;
  JsonReader(JsonReader&&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;
  JsonReader& operator=(JsonReader&&) = delete;
  ~JsonReader();

  static std::size_t padding();
  /// `room`: the bytes that may be read from payload.data() on.
  bool read(std::string_view payload, std::size_t room, Order& out);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace baseline
