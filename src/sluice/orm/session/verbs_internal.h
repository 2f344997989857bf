// The models and the fixture of the tests that run over every format that a session writes, in
// verbs_test.cc and read_test.cc. What a format cannot keep is a field of its case; the list of
// cases is in verbs_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/base/temp_folder.h"
#include "sluice/orm/session/session.h"

namespace wharf {

struct Crate {
  std::string code;
  std::int64_t height;
  friend bool operator==(const Crate&, const Crate&) = default;
};

struct Berth {
  std::string dock;
  std::int64_t number;
  std::string ship;
  std::string built;
  sluice::sys_micros created_at;
  std::optional<sluice::sys_micros> updated_at;
};

struct Note {
  std::int64_t id;
  sluice::JsonText body;
  std::optional<std::vector<std::string>> tags;
  std::optional<std::string> text;
  sluice::Decimal<12, 2> price;
  std::chrono::sys_days day;
  sluice::sys_micros at;
  friend bool operator==(const Note&, const Note&) = default;
};

struct Odd {
  sluice::Uuid id;
  std::uint32_t count;
  sluice::TimeOfDay time;
  friend bool operator==(const Odd&, const Odd&) = default;
};

struct Visit {
  std::string dock;
  std::int64_t number;
  friend bool operator==(const Visit&, const Visit&) = default;
};

struct Shift {
  std::chrono::sys_days day;
  std::int64_t number;
};

struct OtherCrate {
  std::string code;
  double weight;
};

}  // namespace wharf

template <>
inline constexpr auto sluice::model<wharf::Crate> =
    sluice::orm::table("yard.crates").key<&wharf::Crate::code>();
template <>
inline constexpr auto sluice::model<wharf::Berth> =
    sluice::orm::table("berths")
        .merge_key<&wharf::Berth::dock, &wharf::Berth::number>()
        .immutable<&wharf::Berth::built>()
        .create_time<&wharf::Berth::created_at>()
        .update_time<&wharf::Berth::updated_at>();
template <>
inline constexpr auto sluice::model<wharf::Visit> =
    sluice::orm::table("visits").partition<&wharf::Visit::dock>().sort<&wharf::Visit::number>();
template <>
inline constexpr auto sluice::model<wharf::Shift> =
    sluice::orm::table("shifts").partition<&wharf::Shift::day>(sluice::Partition::Month);
template <>
inline constexpr auto sluice::model<wharf::OtherCrate> = sluice::orm::table("yard.crates");

namespace sluice {

/// Where tables are, and what they cannot keep.
struct VerbCase {
  std::string name = {};
  TableFormat (*format)(const std::string& folder) = nullptr;
  /// The tables lie in the engine's own file.
  bool is_database = false;
  /// One process at a time.
  bool is_exclusive = false;
  bool is_lake = false;
  /// No statement can name a table.
  bool has_no_names = false;
  bool has_all_types = true;
  /// Rows lie apart by parts of a column; empty: they do not lie apart at all.
  std::string refuses_months = {};
  /// Reads the rows of yard.crates without Sluice.
  std::string foreign_rows = {};
};

inline void PrintTo(const VerbCase& one, std::ostream* out) { *out << one.name; }

class VerbSuite : public testing::TestWithParam<VerbCase> {
 protected:
  void SetUp() override;
  /// As another process would: what was open before is closed.
  Session open_anew();
  /// Another session of this process.
  Session open_again(const OpenOptions& options = {}) const { return open_on(engine_, options); }
  Session open_on(const std::shared_ptr<engine::Engine>& engine,
                  const OpenOptions& options = {}) const;
  static void migrate(Session& db);
  static std::vector<wharf::Crate> crates(Session& db);
  std::size_t staged_files() const;

  TempFolder folder_ = TempFolder::make("sluice-verbs").value();
  std::shared_ptr<engine::Engine> engine_;
};

}  // namespace sluice
