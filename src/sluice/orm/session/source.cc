#include "sluice/orm/session/source.h"

#include "sluice/orm/session/source_internal.h"

namespace sluice {
namespace {

template <class Held>
Source make_source(Held held) {
  return Source(std::make_shared<const Source::Kind>(Source::Kind{.holds = std::move(held)}));
}

}  // namespace

Source from_table(std::string name) {
  return make_source(Source::Kind::TableName{.name = std::move(name)});
}

Source from_read(const plan::Read& read) { return make_source(read); }

Source from_arrow(ColumnStream batches) {
  return make_source(std::make_shared<ColumnStream>(std::move(batches)));
}

Source from_arrow(ArrowArrayStream&& reader) { return from_arrow(ColumnStream(std::move(reader))); }

Source from_source(NativeSource source) { return make_source(std::move(source)); }

}  // namespace sluice
