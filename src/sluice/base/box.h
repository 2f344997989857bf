// A value on the heap that copies, compares and prints as the value does: what a recursive type
// needs to hold itself. Owns its value alone; copying copies the whole tree. Never empty, except
// after being moved from.
#pragma once

#include <memory>
#include <utility>

namespace sluice {

template <class T>
class Box {
 public:
  Box(T value)  // NOLINT(google-explicit-constructor): a box stands for its value
      : owned_(std::make_unique<T>(std::move(value))) {}
  Box(const Box& other) : owned_(std::make_unique<T>(*other)) {}
  Box(Box&&) noexcept = default;
  Box& operator=(const Box& other) {
    owned_ = std::make_unique<T>(*other);
    return *this;
  }
  Box& operator=(Box&&) noexcept = default;
  ~Box() = default;

  const T& operator*() const { return *owned_; }
  T& operator*() { return *owned_; }
  const T* operator->() const { return owned_.get(); }
  T* operator->() { return owned_.get(); }

  friend bool operator==(const Box& a, const Box& b) { return *a == *b; }

 private:
  std::unique_ptr<T> owned_;
};

}  // namespace sluice
