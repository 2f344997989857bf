#include "sluice/table/files/form.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sluice::table {
namespace {

using dialect::Codec;

constexpr std::array kCodecs{
    std::pair{std::string_view("zstd"), Codec::Zstd},
    std::pair{std::string_view("snappy"), Codec::Snappy},
    std::pair{std::string_view("gzip"), Codec::Gzip},
    std::pair{std::string_view("none"), Codec::None},
    std::pair{std::string_view("uncompressed"), Codec::None},
};

std::optional<Codec> parse_codec(std::string_view text) {
  const auto known = std::ranges::find_if(
      kCodecs, [&](const auto& one) { return schema::same_column(one.first, text); });
  return known == kCodecs.end() ? std::nullopt : std::optional(known->second);
}

std::optional<std::vector<std::string>> parse_sort_order(const std::string& text) {
  const auto columns = nlohmann::json::parse(text, nullptr, false);
  const bool is_list =
      columns.is_array() &&
      std::ranges::all_of(columns, [](const nlohmann::json& one) { return one.is_string(); });
  return is_list ? std::optional(columns.get<std::vector<std::string>>()) : std::nullopt;
}

}  // namespace

std::string render_sort_order(const std::vector<std::string>& columns) {
  return nlohmann::json(columns).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Properties with_sort_order(Properties properties, const plan::CreateTable& create) {
  if (!create.sort_by.empty()) {
    properties[std::string(kSortProperty)] = render_sort_order(create.sort_by);
  }
  return properties;
}

Status check_form(const schema::Schema& schema, const Properties& properties) {
  const auto codec = properties.find(std::string(kCodecProperty));
  if (codec != properties.end() && !parse_codec(codec->second)) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("no codec that files are written with: '{} = {}'", kCodecProperty,
                                  codec->second))
        .with_hint("write zstd, snappy, gzip or none");
  }
  const auto order = properties.find(std::string(kSortProperty));
  if (order == properties.end()) {
    return {};
  }
  const auto columns = parse_sort_order(order->second);
  if (!columns) {
    return make_error(
        ErrorCode::InvalidArgument,
        fmt::format("expected a JSON list of columns: '{} = {}'", kSortProperty, order->second));
  }
  for (const std::string& column : *columns) {
    if (schema.find(column) == nullptr) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("the table has no column to sort by: '{}'", column));
    }
  }
  return {};
}

FileForm form_of(const Properties& properties) {
  FileForm form;
  const auto order = properties.find(std::string(kSortProperty));
  if (order != properties.end()) {
    form.sort_by = parse_sort_order(order->second).value_or(std::vector<std::string>());
  }
  const auto codec = properties.find(std::string(kCodecProperty));
  if (codec != properties.end()) {
    form.codec = parse_codec(codec->second).value_or(Codec::Zstd);
  }
  return form;
}

FileForm form_of(const TableState& state) {
  FileForm form = form_of(state.properties);
  const bool has_all = std::ranges::all_of(
      form.sort_by, [&](const std::string& name) { return state.schema.find(name) != nullptr; });
  if (!has_all) {
    form.sort_by.clear();
  }
  return form;
}

std::vector<std::string> layout_columns(const TableState& state) {
  std::vector<std::string> columns = form_of(state.properties).sort_by;
  for (const plan::PartitionField& field : state.partition_by) {
    columns.push_back(field.column);
  }
  return columns;
}

}  // namespace sluice::table
