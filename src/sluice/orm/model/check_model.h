// What a model may not be, said by the compiler in sentences. A model that is written is checked as
// a whole; a projection that is only read may name _ingest_id.
// Compile time only: it costs a program nothing when it runs.
#pragma once

#include <cstddef>
#include <string_view>

#include "sluice/orm/model/model.h"

namespace sluice::internal {

inline constexpr std::string_view kIngestIdColumn = "_ingest_id";

constexpr bool same_name(std::string_view a, std::string_view b) {
  const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (a.size() != b.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (fold(a[i]) != fold(b[i])) {
      return false;
    }
  }
  return true;
}

/// The column of member `i`.
template <class T>
constexpr std::string_view column_name_at(std::size_t i) {
  std::string_view name = member_names<T>[i];
  for (const orm::Note& note : model<T>.notes) {
    if (note.says == orm::Note::Says::Rename && note.member == member_names<T>[i]) {
      name = note.text;
    }
  }
  return name;
}

template <class T>
constexpr bool has_distinct_columns() {
  for (std::size_t i = 0; i < member_count<T>; ++i) {
    for (std::size_t k = i + 1; k < member_count<T>; ++k) {
      if (same_name(column_name_at<T>(i), column_name_at<T>(k))) {
        return false;
      }
    }
  }
  return true;
}

template <class T>
constexpr bool has_named_columns() {
  for (std::size_t i = 0; i < member_count<T>; ++i) {
    if (column_name_at<T>(i).empty() || column_name_at<T>(i).size() > 255) {
      return false;
    }
  }
  return true;
}

template <class T>
constexpr bool declares_ingest_id() {
  for (std::size_t i = 0; i < member_count<T>; ++i) {
    if (same_name(column_name_at<T>(i), kIngestIdColumn)) {
      return true;
    }
  }
  return false;
}

template <class T>
constexpr bool has_table_name() {
  return !model<T>.table.empty() || type_name<T>.find('<') == std::string_view::npos;
}

template <class T>
constexpr std::size_t count_notes(orm::Note::Says says) {
  std::size_t count = 0;
  for (const orm::Note& note : model<T>.notes) {
    count += note.says == says ? 1U : 0U;
  }
  return count;
}

template <class T>
constexpr bool has_good_partitions() {
  for (const orm::Note& note : model<T>.notes) {
    const bool is_good = note.partition == Partition::Bucket     ? note.parameter >= 0
                         : note.partition == Partition::Truncate ? note.parameter > 0
                                                                 : note.parameter == 0;
    if (note.says == orm::Note::Says::Partition && !is_good) {
      return false;
    }
  }
  return true;
}

/// Holds for every T that is read.
template <class T>
constexpr bool check_projection() {
  static_assert(member_count<T> > 0, "a struct without members has no columns");
  static_assert(has_distinct_columns<T>(),
                "two columns have one name: columns are told apart without regard to case");
  static_assert(has_named_columns<T>(), "a column has a name of 1 to 255 bytes");
  return true;
}

/// Holds for every T that is written.
template <class T>
constexpr bool check_model() {
  static_assert(check_projection<T>());
  static_assert(!declares_ingest_id<T>(),
                "_ingest_id is stamped by Sluice: a model that is written cannot declare it");
  static_assert(has_table_name<T>(),
                "a class template has no table name of its own: give one with sluice::table()");
  static_assert(has_good_partitions<T>(),
                "a truncate partition takes a positive width, a bucket partition a number of "
                "buckets or none, the others take none");
  static_assert(count_notes<T>(orm::Note::Says::CreateTime) <= 1 &&
                    count_notes<T>(orm::Note::Says::UpdateTime) <= 1,
                "a model has one create time and one update time at most");
  return true;
}

}  // namespace sluice::internal
