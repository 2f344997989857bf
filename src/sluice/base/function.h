// A function of the caller's that is kept: what std::function does, without <functional>, which is
// a quarter of what a file pays for the typed door's header. Copies share what they call; it is
// called as often and from as many threads as its owner says. Empty when made of nothing, of a null
// pointer or of an empty function; calling an empty one is a fault of the program.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace sluice {

template <class Signature>
class Function;

template <class R, class... Args>
class Function<R(Args...)> {
 public:
  Function() = default;
  Function(std::nullptr_t) {}  // NOLINT(google-explicit-constructor): as std::function

  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, Function> &&
             std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
  Function(F&& target) {  // NOLINT(google-explicit-constructor): a lambda stands for its function
    if (!is_empty(target)) {
      target_ = std::make_shared<Held<std::decay_t<F>>>(std::forward<F>(target));
    }
  }

  explicit operator bool() const { return target_ != nullptr; }

  friend bool operator==(const Function& function, std::nullptr_t) { return !function; }

  R operator()(Args... args) const { return target_->call(std::forward<Args>(args)...); }

 private:
  struct Target {
    virtual ~Target() = default;
    virtual R call(Args... args) = 0;
  };

  template <class F>
  struct Held final : Target {
    template <class G>
    explicit Held(G&& given) : target(std::forward<G>(given)) {}
    R call(Args... args) override { return target(std::forward<Args>(args)...); }
    F target;
  };

  template <class F>
  static bool is_empty(const F& target) {
    if constexpr (std::is_pointer_v<F>) {
      return target == nullptr;
    } else if constexpr (requires { target.operator bool(); }) {
      return !target;
    } else {
      return false;
    }
  }

  std::shared_ptr<Target> target_;
};

}  // namespace sluice
