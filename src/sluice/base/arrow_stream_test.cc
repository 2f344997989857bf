#include "sluice/base/arrow_stream.h"

#include <cerrno>

#include <gmock/gmock.h>

namespace sluice {
namespace {

/// Counts releases of everything it hands out.
class CountingSource final : public ColumnSource {
 public:
  CountingSource(int batches, int* released) : left_(batches), released_(released) {}
  ~CountingSource() override { ++*released_; }
  CountingSource(const CountingSource&) = delete;
  CountingSource& operator=(const CountingSource&) = delete;

  Result<ArrowSchemaOwned> schema() override {
    ArrowSchema raw{};
    raw.format = "+s";
    raw.release = [](ArrowSchema* self) { self->release = nullptr; };
    return ArrowSchemaOwned(std::move(raw));
  }

  Result<std::optional<ArrowBatch>> next() override {
    if (left_ < 0) {
      return make_error(ErrorCode::Corrupt, "the source is broken");
    }
    if (left_ == 0) {
      return std::optional<ArrowBatch>{};
    }
    --left_;
    ArrowArray raw{};
    raw.length = 10;
    raw.private_data = released_;
    raw.release = [](ArrowArray* self) {
      ++*static_cast<int*>(self->private_data);
      self->release = nullptr;
    };
    return std::optional<ArrowBatch>(ArrowBatch(std::move(raw)));
  }

 private:
  int left_;
  int* released_;
};

TEST(ColumnStream, SurvivesARoundTripThroughTheCInterface) {
  int released = 0;
  {
    ColumnStream ours(std::make_unique<CountingSource>(2, &released));
    ColumnStream back(std::move(ours).release_to_caller());
    EXPECT_STREQ(back.schema().value()->format, "+s");
    EXPECT_EQ((*back.next().value())->length, 10);
    EXPECT_TRUE(back.next().value().has_value());
    EXPECT_FALSE(back.next().value().has_value());
  }
  EXPECT_EQ(released, 3) << "two batches and the source, each once";
}

TEST(ColumnStream, ErrorsCrossTheCInterfaceWithTheirText) {
  int released = 0;
  ColumnStream ours(std::make_unique<CountingSource>(-1, &released));
  ColumnStream back(std::move(ours).release_to_caller());
  const auto batch = back.next();
  ASSERT_FALSE(batch.has_value());
  EXPECT_THAT(batch.error().native, testing::HasSubstr("the source is broken"));
}

}  // namespace
}  // namespace sluice
