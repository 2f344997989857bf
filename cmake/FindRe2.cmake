# RE2, the regular expressions of contracts: linear in time, the engine's own dialect.
find_package(PkgConfig REQUIRED)
pkg_check_modules(Re2 REQUIRED IMPORTED_TARGET re2)
