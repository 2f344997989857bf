// Values on the heap. A Box copies, compares and prints as its value does: what a recursive type
// needs to hold itself. An Opaque holds a type that is only declared where it is held: a public
// header has it, so that a user's compiler does without the type; next to the header's declaration
// stands `extern template class Opaque<T>`, and the file that knows T says `template class`.
// Each owns its value alone; copying copies the whole. Never empty, except after being moved from.
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

template <class T>
class Opaque {
 public:
  Opaque(T value);  // NOLINT(google-explicit-constructor): it stands for its value
  Opaque(const Opaque& other);
  Opaque(Opaque&& other) noexcept;
  Opaque& operator=(const Opaque& other);
  Opaque& operator=(Opaque&& other) noexcept;
  ~Opaque();

  const T& operator*() const { return *owned_; }
  T& operator*() { return *owned_; }
  const T* operator->() const { return owned_.get(); }
  T* operator->() { return owned_.get(); }

 private:
  std::unique_ptr<T> owned_;
};

template <class T>
Opaque<T>::Opaque(T value) : owned_(std::make_unique<T>(std::move(value))) {}

template <class T>
Opaque<T>::Opaque(const Opaque& other) : owned_(std::make_unique<T>(*other)) {}

template <class T>
Opaque<T>::Opaque(Opaque&& other) noexcept = default;

template <class T>
Opaque<T>& Opaque<T>::operator=(const Opaque& other) {
  owned_ = std::make_unique<T>(*other);
  return *this;
}

template <class T>
Opaque<T>& Opaque<T>::operator=(Opaque&& other) noexcept = default;

template <class T>
Opaque<T>::~Opaque() = default;

}  // namespace sluice
