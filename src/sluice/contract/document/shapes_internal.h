// Declares which structs have a table, so that tables may refer to each other.
#pragma once

#include "sluice/contract/model/contract.h"
#include "sluice/contract/read/shape.h"

namespace sluice::contract {

// clang-format off
template <> const Shape& shape_of<Info>();
template <> const Shape& shape_of<ForeignKey>();
template <> const Shape& shape_of<Field>();
template <> const Shape& shape_of<Model>();
template <> const Shape& shape_of<Quality>();
template <> const Shape& shape_of<Contract>();
template <> const Shape& shape_of<FixedWidthColumn>();
template <> const Shape& shape_of<SourceOptions>();
template <> const Shape& shape_of<SourcePartition>();
template <> const Shape& shape_of<DltEndpoint>();
template <> const Shape& shape_of<DltSource>();
template <> const Shape& shape_of<PostIngestion>();
template <> const Shape& shape_of<Source>();
template <> const Shape& shape_of<SchemaPolicy>();
template <> const Shape& shape_of<Server>();
template <> const Shape& shape_of<Environment>();
template <> const Shape& shape_of<Link>();
template <> const Shape& shape_of<UnknownMember>();
template <> const Shape& shape_of<Scd2>();
template <> const Shape& shape_of<Scd1>();
template <> const Shape& shape_of<Fact>();
template <> const Shape& shape_of<SnapshotReconcile>();
template <> const Shape& shape_of<SecondaryTarget>();
template <> const Shape& shape_of<Compaction>();
template <> const Shape& shape_of<Materialization>();
template <> const Shape& shape_of<Notification>();
template <> const Shape& shape_of<Quarantine>();
template <> const Shape& shape_of<Lineage>();
template <> const Shape& shape_of<Objective>();
template <> const Shape& shape_of<RowCountObjective>();
template <> const Shape& shape_of<AnomalyObjective>();
template <> const Shape& shape_of<ServiceLevels>();
template <> const Shape& shape_of<QualityLevel>();
template <> const Shape& shape_of<ExternalLogic>();
template <> const Shape& shape_of<Preprocessing>();
template <> const Shape& shape_of<Retry>();
template <> const Shape& shape_of<Confidence>();
template <> const Shape& shape_of<Extraction>();
template <> const Shape& shape_of<UpstreamContract>();
template <> const Shape& shape_of<UpstreamSource>();
template <> const Shape& shape_of<DownstreamConsumer>();
template <> const Shape& shape_of<Retention>();
// clang-format on

}  // namespace sluice::contract
