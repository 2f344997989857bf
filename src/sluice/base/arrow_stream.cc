#include "sluice/base/arrow_stream.h"

#include <cerrno>
#include <string>

#include <fmt/format.h>

namespace sluice {
namespace {

class ForeignSource final : public ColumnSource {
 public:
  explicit ForeignSource(ArrowArrayStream&& foreign) : foreign_(std::move(foreign)) {}

  Result<ArrowSchemaOwned> schema() override {
    ArrowSchema raw{};
    if (const int code = foreign_->get_schema(foreign_.get(), &raw); code != 0) {
      return failed("reading the schema of an Arrow stream", code);
    }
    return ArrowSchemaOwned(std::move(raw));
  }

  Result<std::optional<ArrowBatch>> next() override {
    ArrowArray raw{};
    if (const int code = foreign_->get_next(foreign_.get(), &raw); code != 0) {
      return failed("reading the next batch of an Arrow stream", code);
    }
    if (raw.release == nullptr) {
      return std::optional<ArrowBatch>{};
    }
    return std::optional<ArrowBatch>(ArrowBatch(std::move(raw)));
  }

 private:
  Error failed(std::string_view doing, int code) {
    const char* text = foreign_->get_last_error(foreign_.get());
    return make_error(ErrorCode::Internal, fmt::format("{} failed with errno {}", doing, code))
        .with_native(text == nullptr ? "" : text);
  }

  ArrowOwned<ArrowArrayStream> foreign_;
};

/// What hides behind private_data of a stream that we hand out.
struct Exported {
  std::unique_ptr<ColumnSource> source;
  std::string last_error;
};

Exported& exported(ArrowArrayStream* stream) {
  return *static_cast<Exported*>(stream->private_data);
}

int fail(Exported& self, const Error& error) {
  self.last_error = to_string(error);
  return error.code == ErrorCode::Cancelled ? ECANCELED : EIO;
}

int export_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  Exported& self = exported(stream);
  auto schema = self.source->schema();
  if (!schema) {
    return fail(self, schema.error());
  }
  *out = schema->release_to_caller();
  return 0;
}

int export_next(ArrowArrayStream* stream, ArrowArray* out) {
  Exported& self = exported(stream);
  auto batch = self.source->next();
  if (!batch) {
    return fail(self, batch.error());
  }
  *out = batch->has_value() ? (*batch)->release_to_caller() : ArrowArray{};
  return 0;
}

const char* export_last_error(ArrowArrayStream* stream) {
  return exported(stream).last_error.c_str();
}

void export_release(ArrowArrayStream* stream) {
  delete static_cast<Exported*>(stream->private_data);
  stream->release = nullptr;
}

}  // namespace

ColumnStream::ColumnStream(ArrowArrayStream&& foreign)
    : source_(std::make_unique<ForeignSource>(std::move(foreign))) {}

ArrowArrayStream ColumnStream::release_to_caller() && {
  return ArrowArrayStream{
      .get_schema = export_schema,
      .get_next = export_next,
      .get_last_error = export_last_error,
      .release = export_release,
      .private_data = new Exported{.source = std::move(source_), .last_error = {}},
  };
}

}  // namespace sluice
