// The python program that stands between a run and a python script: reads the request, gives the
// entrypoint a frame, and writes what it returns; of a notebook it runs the cells, without Jupyter.
// A text; nothing happens here. It needs polars, or pandas with pyarrow. Lines of it are python and
// keep to python's rules.
#pragma once

#include <string_view>

namespace sluice::run {

extern const std::string_view kPythonDriver;

}  // namespace sluice::run
