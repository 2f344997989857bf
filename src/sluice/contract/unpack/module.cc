#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sluice/contract/unpack/arrow_file.h"
#include "sluice/engine/library.h"

namespace sluice::contract {
namespace {

constexpr std::string_view kFile = "libsluice_arrow.so";
constexpr engine::LibraryKind kLibrary{.entry = "sluice_arrow_module",
                                       .title = "the reader of Arrow files"};

}  // namespace

Result<ColumnStream> open_arrow_file(const std::string& path, const engine::ModuleSearch& search) {
  if (const auto library = engine::find_library(kFile, search)) {
    SLUICE_TRY(const ArrowModule* module, engine::load_library<ArrowModule>(*library, kLibrary));
    return module->open(path);
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("this build reads no Arrow files: {} is not installed", kFile))
      .with_hint("write the file as Parquet, or run ./dev setup and build again");
}

}  // namespace sluice::contract
