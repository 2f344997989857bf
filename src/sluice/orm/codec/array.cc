#include "sluice/orm/codec/array_internal.h"

namespace sluice::orm {
namespace {

/// Everything one ArrowArray points to.
struct Exported {
  std::vector<Buffer> buffers;
  std::vector<const void*> buffer_pointers;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> child_pointers;

  Exported() = default;
  Exported(const Exported&) = delete;
  Exported(Exported&&) = delete;
  Exported& operator=(const Exported&) = delete;
  Exported& operator=(Exported&&) = delete;
  ~Exported() {
    for (ArrowArray& child : children) {
      if (child.release != nullptr) {
        child.release(&child);
      }
    }
  }
};

void release_exported(ArrowArray* array) {
  delete static_cast<Exported*>(array->private_data);
  array->release = nullptr;
}

}  // namespace

ArrowArray export_array(Array&& array) {
  auto owned = std::make_unique<Exported>();
  owned->buffers = std::move(array.buffers);
  for (Buffer& buffer : owned->buffers) {
    owned->buffer_pointers.push_back(buffer.data());
  }
  if (!array.has_validity && !owned->buffer_pointers.empty()) {
    owned->buffer_pointers.front() = nullptr;
  }
  for (Array& child : array.children) {
    owned->children.push_back(export_array(std::move(child)));
  }
  for (ArrowArray& child : owned->children) {
    owned->child_pointers.push_back(&child);
  }
  ArrowArray raw{};
  raw.length = array.length;
  raw.null_count = array.null_count;
  raw.n_buffers = static_cast<std::int64_t>(owned->buffer_pointers.size());
  raw.buffers = owned->buffer_pointers.data();
  raw.n_children = static_cast<std::int64_t>(owned->child_pointers.size());
  raw.children = owned->child_pointers.empty() ? nullptr : owned->child_pointers.data();
  raw.release = release_exported;
  raw.private_data = owned.release();
  return raw;
}

}  // namespace sluice::orm
