// The name a table has when the model gives none: snake case, plural, as people write them. English
// only, by rule and a short list of exceptions; who wants another name says sluice::table("...").
// Pure functions: the name of a table never changes between two builds of the same struct.
#pragma once

#include <string>
#include <string_view>

namespace sluice::orm {

/// "HTTPServer" -> "http_server", "OAuth2Token" -> "oauth2_token".
std::string snake_case(std::string_view name);

/// "day" -> "days", "city" -> "cities", "person" -> "people"; only the last word changes.
std::string plural(std::string_view snake);

/// "HTTPServer" -> "http_servers".
std::string derive_table_name(std::string_view type_name);

}  // namespace sluice::orm
