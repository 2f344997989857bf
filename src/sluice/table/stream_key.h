// Commit keys of the form "<stream>#<number>": whoever loads a stream looks for the key that it
// wrote last, however long the stream has rested. So whatever forgets old keys keeps the one with
// the highest number of each stream; any other key is forgotten after its time.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::table {

struct StreamKey {
  std::string_view stream;
  std::string_view number;  // decimal digits, however many
};

/// Empty for a key of another form. The parts are views of `key`.
std::optional<StreamKey> split_key(std::string_view key);

/// Of each stream the key with the highest number.
std::set<std::string, std::less<>> find_newest_of_streams(const std::vector<std::string>& keys);

}  // namespace sluice::table
