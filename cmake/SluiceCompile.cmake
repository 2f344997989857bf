# How every line of ours is compiled. sluice_compile_options(target product|test).

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)

find_program(SLUICE_CCACHE ccache)
if(SLUICE_CCACHE)
  # Two clones share one cache: paths are relative to the source tree, and the folder is not hashed.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1 ${SLUICE_CCACHE})
endif()

find_program(SLUICE_MOLD mold)
if(SLUICE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# A program names only the libraries that it calls: what it does not load costs no start-up time.
add_link_options(-Wl,--as-needed)

function(sluice_compile_options target kind)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Werror
    "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=." "-ffile-prefix-map=${CMAKE_BINARY_DIR}=build")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Clang counts designated initialisers that rely on member defaults as missing.
    target_compile_options(${target} PRIVATE -Wno-missing-designated-field-initializers)
    # std::stable_sort of libstdc++ 12 calls a function that it has deprecated itself; clang blames
    # the caller. g++ keeps the warning for what is ours.
    target_compile_options(${target} PRIVATE -Wno-deprecated-declarations)
  else()
    # g++ 12 warns of members with defaults left out of a designated initialiser, which is their use.
    target_compile_options(${target} PRIVATE -Wno-missing-field-initializers)
    # Optimising, g++ 12 takes moved strings and expected values for uninitialised or overlapping ones. The
    # sanitised build looks at the same code at run time.
    target_compile_options(${target} PRIVATE
      "$<$<CONFIG:RelWithDebInfo>:-Wno-maybe-uninitialized;-Wno-restrict>")
  endif()
  if(kind STREQUAL "test")
    set(sanitize "${SLUICE_SANITIZE_TESTS}")
  else()
    set(sanitize "${SLUICE_SANITIZE}")
  endif()
  if(sanitize)
    target_compile_options(${target} PRIVATE -fsanitize=${sanitize} -fno-omit-frame-pointer)
    if(sanitize MATCHES "undefined")
      target_compile_options(${target} PRIVATE -fno-sanitize-recover=undefined)
    endif()
  endif()
endfunction()

if(SLUICE_SANITIZE)
  add_link_options(-fsanitize=${SLUICE_SANITIZE})
endif()
