#include "baseline.h"
#include <simdjson.h>

namespace baseline {

struct JsonReader::Parser {
  simdjson::ondemand::parser parser;
};

JsonReader::JsonReader() : parser_(std::make_unique<Parser>()) {}
JsonReader::~JsonReader() = default;

std::size_t JsonReader::padding() { return simdjson::SIMDJSON_PADDING; }

namespace {

using Value = simdjson::ondemand::value;

bool read_text(Value& value, std::string& out) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) {
    return false;
  }
  out.assign(text);
  return true;
}

bool read_quantity(Value& value, std::int32_t& out) {
  std::int64_t wide = 0;
  if (value.get_int64().get(wide) != simdjson::SUCCESS || wide < INT32_MIN || wide > INT32_MAX) {
    return false;
  }
  out = static_cast<std::int32_t>(wide);
  return true;
}

/// The member's bit, 0 for a key that is none or a value of another type.
unsigned read_member(std::string_view key, Value& value, Order& out) {
  if (key == "id") {
    return value.get_int64().get(out.id) == simdjson::SUCCESS ? 1U : 0U;
  }
  if (key == "email") {
    return read_text(value, out.email) ? 2U : 0U;
  }
  if (key == "country") {
    return read_text(value, out.country) ? 4U : 0U;
  }
  if (key == "amount") {
    return value.get_double().get(out.amount) == simdjson::SUCCESS ? 8U : 0U;
  }
  if (key == "quantity") {
    return read_quantity(value, out.quantity) ? 16U : 0U;
  }
  return 0;
}

}  // namespace

bool JsonReader::read(std::string_view payload, std::size_t room, Order& out) {
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser_->parser.iterate(payload.data(), payload.size(), room).get(document) !=
          simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return false;
  }
  unsigned seen = 0;
  for (auto each : object) {
    simdjson::ondemand::field field;
    std::string_view key;
    if (std::move(each).get(field) != simdjson::SUCCESS ||
        field.unescaped_key().get(key) != simdjson::SUCCESS) {
      return false;
    }
    Value value = field.value();
    const unsigned bit = read_member(key, value, out);
    if (bit == 0 || (seen & bit) != 0) {
      return false;
    }
    seen |= bit;
  }
  return seen == 31U && document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

}  // namespace baseline
