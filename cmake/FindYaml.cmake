# libyaml, the event parser under contract/source.
find_package(PkgConfig REQUIRED)
pkg_check_modules(Yaml REQUIRED IMPORTED_TARGET yaml-0.1)
