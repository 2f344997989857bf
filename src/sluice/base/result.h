// Result<T>: a value or an Error, never both, never ignored. Status is Result<void>.
// `.value()` throws Failure and is the only thrower of the library: for examples, tests and callers
// who prefer exceptions. Library code uses SLUICE_TRY. No exception crosses a folder boundary.
#pragma once

#include <exception>
#include <expected>
#include <string>
#include <type_traits>
#include <utility>

#include "sluice/base/error.h"

namespace sluice {

/// What `.value()` throws when there is none; `what()` is the whole error text.
class Failure : public std::exception {
 public:
  explicit Failure(Error error);
  const char* what() const noexcept override { return text_.c_str(); }
  const Error& error() const { return error_; }

 private:
  Error error_;
  std::string text_;
};

namespace internal {
[[noreturn]] void throw_failure(Error error);
}  // namespace internal

template <class T>
class [[nodiscard("read the Result, or pass its error on with SLUICE_TRY")]] Result {
  static_assert(!std::is_same_v<std::remove_cv_t<T>, Error>,
                "Result<Error> could not tell its value from its error");
  static_assert(!std::is_reference_v<T>,
                "a Result owns its value; return a pointer or a view instead of a reference");
  using Stored = std::expected<T, Error>;

 public:
  using value_type = T;

  Result()
    requires std::is_void_v<T>
  = default;

  template <class U = T>
    requires(!std::is_void_v<T> && std::is_constructible_v<T, U &&> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error>)
  Result(U&& value)  // NOLINT(google-explicit-constructor): `return value;` is the point
      : stored_(std::in_place, std::forward<U>(value)) {}

  Result(Error error)  // NOLINT(google-explicit-constructor): `return make_error(...);`
      : stored_(std::unexpect, std::move(error)) {}

  bool has_value() const { return stored_.has_value(); }
  explicit operator bool() const { return has_value(); }

  const Error& error() const& { return stored_.error(); }
  Error&& error() && { return std::move(stored_).error(); }

  decltype(auto) operator*() & { return *stored_; }
  decltype(auto) operator*() const& { return *stored_; }
  decltype(auto) operator*() && { return *std::move(stored_); }
  auto operator->() { return &*stored_; }
  auto operator->() const { return &*stored_; }

  /// The value, or a thrown Failure.
  T value() && {
    if (!has_value()) {
      internal::throw_failure(std::move(stored_).error());
    }
    if constexpr (!std::is_void_v<T>) {
      return *std::move(stored_);
    }
  }
  decltype(auto) value() & {
    if (!has_value()) {
      internal::throw_failure(stored_.error());
    }
    if constexpr (!std::is_void_v<T>) {
      return (*stored_);
    }
  }

  /// Calls `next` with the value; an error passes through.
  template <class F>
  auto and_then(F&& next) && {
    if constexpr (std::is_void_v<T>) {
      using Next = std::invoke_result_t<F>;
      return has_value() ? std::forward<F>(next)() : Next(std::move(stored_).error());
    } else {
      using Next = std::invoke_result_t<F, T&&>;
      return has_value() ? std::forward<F>(next)(*std::move(stored_))
                         : Next(std::move(stored_).error());
    }
  }

  /// Replaces the value by `change(value)`; an error passes through.
  template <class F>
    requires(!std::is_void_v<T>)
  auto transform(F&& change) && {
    using Next = Result<std::invoke_result_t<F, T&&>>;
    return has_value() ? Next(std::forward<F>(change)(*std::move(stored_)))
                       : Next(std::move(stored_).error());
  }

  /// Calls `mend` with the error; a value passes through.
  template <class F>
  Result or_else(F&& mend) && {
    return has_value() ? std::move(*this) : std::forward<F>(mend)(std::move(*this).error());
  }

 private:
  Stored stored_;
};

using Status = Result<void>;

}  // namespace sluice

#define SLUICE_CONCAT_IMPL(a, b) a##b
#define SLUICE_CONCAT(a, b) SLUICE_CONCAT_IMPL(a, b)

#define SLUICE_TRY_IMPL(declaration, expression, result, mend) \
  auto result = (expression);                                  \
  if (!result.has_value()) [[unlikely]] {                      \
    return std::move(result).error() mend;                     \
  }                                                            \
  declaration = *std::move(result)

/// SLUICE_TRY(auto value, expression): declares the value or returns the error.
#define SLUICE_TRY(declaration, expression) \
  SLUICE_TRY_IMPL(declaration, expression, SLUICE_CONCAT(sluice_result_, __LINE__), )

/// As SLUICE_TRY, and says on the way up what was being done: SLUICE_TRY_IN(auto v, f(), text).
#define SLUICE_TRY_IN(declaration, expression, doing)                               \
  SLUICE_TRY_IMPL(declaration, expression, SLUICE_CONCAT(sluice_result_, __LINE__), \
                  .with_context(doing))

/// For a Status: returns the error, if there is one.
#define SLUICE_CHECK(expression)                                                      \
  do {                                                                                \
    if (auto sluice_status = (expression); !sluice_status.has_value()) [[unlikely]] { \
      return std::move(sluice_status).error();                                        \
    }                                                                                 \
  } while (false)
