#include "sluice/orm/observe/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MetricsTest, AnEmptyRegistryNamesItsFamiliesOnly) {
  const Metrics metrics;
  const std::string text = metrics.to_prometheus();
  EXPECT_THAT(text, HasSubstr("# TYPE sluice_ingests_total counter\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE sluice_ingest_seconds histogram\n"));
  EXPECT_THAT(text, Not(HasSubstr("table=")));
}

TEST(MetricsTest, CountsByTableAndOutcome) {
  Metrics metrics;
  metrics.ingest_started("users");
  metrics.ingest_started("users");
  metrics.ingest_ended("users", {.committed = true,
                                 .rows_in = 3,
                                 .inserted = 2,
                                 .updated = 1,
                                 .bytes = 100,
                                 .seconds = 0.003});
  metrics.commit_conflicted("users");
  metrics.read_ended("days", true, 7, 2);
  const std::string text = metrics.to_prometheus();
  for (const char* line : {"sluice_ingests_total{table=\"users\",outcome=\"committed\"} 1\n",
                           "sluice_ingests_total{table=\"users\",outcome=\"aborted\"} 0\n",
                           "sluice_ingests_in_flight{table=\"users\"} 1\n",
                           "sluice_ingest_rows_total{table=\"users\"} 3\n",
                           "sluice_rows_changed_total{table=\"users\",change=\"updated\"} 1\n",
                           "sluice_ingest_bytes_total{table=\"users\"} 100\n",
                           "sluice_commit_conflicts_total{table=\"users\"} 1\n",
                           "sluice_reads_total{table=\"days\",outcome=\"failed\"} 1\n",
                           "sluice_rows_read_total{table=\"days\"} 7\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(MetricsTest, BucketsAreCumulative) {
  Metrics metrics;
  metrics.ingest_started("t");
  metrics.ingest_ended("t", {.committed = true, .seconds = 0.003});
  metrics.ingest_started("t");
  metrics.ingest_ended("t", {.committed = true, .seconds = 60});
  const std::string text = metrics.to_prometheus();
  for (const char* line : {"sluice_ingest_seconds_bucket{table=\"t\",le=\"0.0025\"} 0\n",
                           "sluice_ingest_seconds_bucket{table=\"t\",le=\"0.005\"} 1\n",
                           "sluice_ingest_seconds_bucket{table=\"t\",le=\"30\"} 1\n",
                           "sluice_ingest_seconds_bucket{table=\"t\",le=\"+Inf\"} 2\n",
                           "sluice_ingest_seconds_count{table=\"t\"} 2\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(MetricsTest, LabelsAreEscaped) {
  Metrics metrics;
  metrics.commit_conflicted("a\"b\\c\nd");
  EXPECT_THAT(metrics.to_prometheus(), HasSubstr("{table=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

}  // namespace
}  // namespace sluice
