// What in a contract looks like a secret, judged by the names of keys and the form of addresses.
// A secret belongs behind a reference; where one is written all the same, nothing may print it: the
// checks report it, and no finding shows the line that it stands in. Rather one line too many is
// hidden than a secret shown. Pure functions, safe from any thread.
#pragma once

#include <string_view>

namespace sluice::contract {

/// True for env:NAME, ${NAME}, ${ENV:NAME}, a {placeholder} and the references of secret stores.
bool is_secret_reference(std::string_view text);

/// password, *_token, *_secret, *_key ..., but not private_key_path and the like.
bool is_secret_name(std::string_view key);

/// True for scheme://user:password@host, also within a line.
bool has_password(std::string_view text);

/// True for a line of YAML that writes a secret where a reference belongs.
bool holds_secret(std::string_view line);

}  // namespace sluice::contract
