// Visitor made of lambdas, for std::visit over the closed sets of plan/ and schema/.
// Give one lambda per alternative and no catch-all: a new alternative must not compile unhandled.
// test/must_not_compile/forgotten_alternative.cc holds it to that.
#pragma once

namespace sluice {

template <class... Lambdas>
struct overloaded : Lambdas... {
  using Lambdas::operator()...;
};

}  // namespace sluice
