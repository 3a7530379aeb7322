# Language level, warnings and sanitizers that every target of the project shares.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

set(OPPTAK_SANITIZE "" CACHE STRING "Sanitizers for every target: address,undefined or thread")
option(OPPTAK_FUZZ "Build the libFuzzer targets (clang only)" OFF)
set(OPPTAK_MARCH "x86-64-v3" CACHE STRING "Oldest CPU that the programs run on")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(opptak_options INTERFACE)
target_include_directories(opptak_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(opptak_options INTERFACE
  -march=${OPPTAK_MARCH} -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
  -fno-omit-frame-pointer)
if(OPPTAK_SANITIZE)
  target_compile_options(opptak_options INTERFACE -fsanitize=${OPPTAK_SANITIZE}
                                                  -fno-sanitize-recover=all)
  target_link_options(opptak_options INTERFACE -fsanitize=${OPPTAK_SANITIZE})
endif()
if(OPPTAK_FUZZ)
  target_compile_options(opptak_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
