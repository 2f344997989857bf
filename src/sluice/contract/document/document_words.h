// The words of the contract's sections, and with them those of rules and maskings.
// Declared here so that a table sees the specialisation before it uses it; the tables themselves
// are const data in document_words.cc. The first word of an enumerator is the one that is printed.
#pragma once

#include "sluice/contract/masking/masking_kind.h"
#include "sluice/contract/model/contract.h"
#include "sluice/contract/read/words.h"
#include "sluice/contract/rule/rule_words.h"

namespace sluice::contract {

// clang-format off
template <> std::span<const Word<SourceType>> words_of<SourceType>();
template <> std::span<const Word<SourceFormat>> words_of<SourceFormat>();
template <> std::span<const Word<LoadMode>> words_of<LoadMode>();
template <> std::span<const Word<WatermarkStrategy>> words_of<WatermarkStrategy>();
template <> std::span<const Word<EmptyBehavior>> words_of<EmptyBehavior>();
template <> std::span<const Word<CleanupAction>> words_of<CleanupAction>();
template <> std::span<const Word<Evolution>> words_of<Evolution>();
template <> std::span<const Word<UnknownFields>> words_of<UnknownFields>();
template <> std::span<const Word<ServerMode>> words_of<ServerMode>();
template <> std::span<const Word<Strategy>> words_of<Strategy>();
template <> std::span<const Word<SurrogateKeyStrategy>> words_of<SurrogateKeyStrategy>();
template <> std::span<const Word<ReprocessPolicy>> words_of<ReprocessPolicy>();
template <> std::span<const Word<QuarantineWriteMode>> words_of<QuarantineWriteMode>();
template <> std::span<const Word<RunIdSource>> words_of<RunIdSource>();
template <> std::span<const Word<AnomalyBaseline>> words_of<AnomalyBaseline>();
template <> std::span<const Word<LogicType>> words_of<LogicType>();
template <> std::span<const Word<SqlDialect>> words_of<SqlDialect>();
template <> std::span<const Word<Masking>> words_of<Masking>();
// clang-format on

}  // namespace sluice::contract
