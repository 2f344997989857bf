// Parts of the page of runs, each in the .cc file of its name: what a text becomes in HTML, numbers
// as people read them, the style sheet, the flow of rows through the steps.
// Pure functions over records; safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace sluice::report::internal {

using Json = nlohmann::ordered_json;

/// Text as HTML shows it, also inside quotes. Signs that steer a terminal or turn the direction of
/// writing are shown as a box.
std::string escaped(std::string_view text);

/// "1,234,567".
std::string counted(std::int64_t number);

/// "58 ms", "1.3 s", "4 m 10 s".
std::string lasted(std::int64_t milliseconds);

/// A width in per cent of the whole, at least visible when there is anything.
std::string share_of(std::int64_t part, std::int64_t whole);

/// What a record holds under a name; a default where it holds nothing of that type.
std::string text_in(const Json& json, std::string_view name);
std::int64_t count_in(const Json& json, std::string_view name);
bool truth_in(const Json& json, std::string_view name, bool otherwise);
const Json& list_in(const Json& json, std::string_view name);
const Json& object_in(const Json& json, std::string_view name);

std::string_view style_sheet();

/// The ledger as a picture: the stream of rows from step to step, and what leaves it on the way.
std::string render_flow(const Json& ledger);

}  // namespace sluice::report::internal
