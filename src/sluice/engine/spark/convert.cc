#include <algorithm>

#include <fmt/format.h>

#include "sluice/engine/spark/convert_internal.h"

namespace sluice::engine::internal {
namespace {

using spark::connect::DataType;

std::optional<schema::LogicalType> plain_type(const DataType& type) {
  using schema::LogicalType;
  switch (type.kind_case()) {
    case DataType::kBoolean: return LogicalType{schema::Boolean{}};
    case DataType::kByte: return LogicalType{schema::Integer{.bits = 8}};
    case DataType::kShort: return LogicalType{schema::Integer{.bits = 16}};
    case DataType::kInteger: return LogicalType{schema::Integer{.bits = 32}};
    case DataType::kLong: return LogicalType{schema::Integer{.bits = 64}};
    case DataType::kFloat: return LogicalType{schema::Float{.bits = 32}};
    case DataType::kDouble: return LogicalType{schema::Float{.bits = 64}};
    case DataType::kDecimal:
      return LogicalType{schema::Decimal{.precision = type.decimal().precision(),
                                         .scale = type.decimal().scale()}};
    case DataType::kString:
    case DataType::kChar:
    case DataType::kVarChar: return LogicalType{schema::Text{}};
    case DataType::kBinary: return LogicalType{schema::Bytes{}};
    case DataType::kDate: return LogicalType{schema::Date{}};
    case DataType::kTime: return LogicalType{schema::Time{}};
    case DataType::kTimestamp: return LogicalType{schema::Timestamp{.utc = true}};
    case DataType::kTimestampNtz: return LogicalType{schema::Timestamp{.utc = false}};
    default:
      return std::nullopt;  // the protocol's set is open: nested and unknown kinds are told apart
                            // by the caller
  }
}

Result<schema::LogicalType> from_spark_type(const DataType& type) {
  if (auto plain = plain_type(type)) {
    return *std::move(plain);
  }
  if (type.has_array()) {
    SLUICE_TRY(schema::LogicalType element, from_spark_type(type.array().element_type()));
    return schema::LogicalType{schema::List{.element = std::move(element)}};
  }
  if (type.has_map()) {
    SLUICE_TRY(schema::LogicalType key, from_spark_type(type.map().key_type()));
    SLUICE_TRY(schema::LogicalType value, from_spark_type(type.map().value_type()));
    return schema::LogicalType{schema::Map{.key = std::move(key), .value = std::move(value)}};
  }
  if (type.has_struct_()) {
    SLUICE_TRY(schema::Schema inner, from_spark_schema(type));
    return schema::LogicalType{schema::Struct{std::move(inner.fields)}};
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("no column type stands for Spark's '{}'", type.ShortDebugString()));
}

struct KnownError {
  std::string_view error_class;
  ErrorCode code;
};

/// Spark begins its messages with the error class in brackets.
constexpr KnownError kKnownErrors[] = {
    {"[TABLE_OR_VIEW_NOT_FOUND", ErrorCode::NotFound},
    {"[SCHEMA_NOT_FOUND", ErrorCode::NotFound},
    {"[CATALOG_NOT_FOUND", ErrorCode::NotFound},
    {"[TABLE_OR_VIEW_ALREADY_EXISTS", ErrorCode::AlreadyExists},
    {"[SCHEMA_ALREADY_EXISTS", ErrorCode::AlreadyExists},
    {"[OPERATION_CANCELED", ErrorCode::Cancelled},
    {"[UNSUPPORTED", ErrorCode::Unsupported},
    {"[DELTA_CONCURRENT", ErrorCode::CommitConflict},
    {"[", ErrorCode::InvalidArgument},
};

ErrorCode code_of(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE: return ErrorCode::Unavailable;
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED: return ErrorCode::Unauthorized;
    case grpc::StatusCode::RESOURCE_EXHAUSTED: return ErrorCode::ResourceExhausted;
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED: return ErrorCode::Cancelled;
    case grpc::StatusCode::UNIMPLEMENTED: return ErrorCode::Unsupported;
    default:
      break;  // Spark's own errors come as INTERNAL or UNKNOWN with an error class in the text
  }
  const std::string message = status.error_message();
  std::string_view text = message;
  text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
  const auto known = std::ranges::find_if(
      kKnownErrors, [&](const KnownError& error) { return text.starts_with(error.error_class); });
  return known == std::end(kKnownErrors) ? ErrorCode::Internal : known->code;
}

}  // namespace

Result<schema::Schema> from_spark_schema(const DataType& type) {
  schema::Schema schema;
  for (const DataType::StructField& field : type.struct_().fields()) {
    SLUICE_TRY_IN(schema::LogicalType field_type, from_spark_type(field.data_type()),
                  fmt::format("reading column '{}'", field.name()));
    schema.fields.push_back(schema::Field{.name = field.name(),
                                          .type = std::move(field_type),
                                          .nullable = field.nullable(),
                                          .comment = {}});
  }
  return schema;
}

Error from_spark_status(const grpc::Status& status, std::string_view doing) {
  const ErrorCode code = code_of(status);
  Error error =
      make_error(code, fmt::format("{} failed", doing)).with_native(status.error_message());
  if (code == ErrorCode::Unavailable) {
    error.hint = "is the Spark Connect server running and reachable at this address?";
  }
  return error;
}

}  // namespace sluice::engine::internal
