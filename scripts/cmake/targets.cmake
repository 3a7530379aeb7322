# How targets are declared. Every library is static and named after its folder:
# opptak_library(storage_block packet_record.cc DEPS storage_base).

function(opptak_library name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
    target_link_libraries(${name} PUBLIC opptak_options ${ARG_DEPS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE opptak_options ${ARG_DEPS})
  endif()
endfunction()

function(opptak_program name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE opptak_options ${ARG_DEPS})
endfunction()

# One GoogleTest program per folder of tests; each TEST is a CTest test of its own.
include(GoogleTest)
function(opptak_test name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE opptak_options ${ARG_DEPS} GTest::gtest_main GTest::gmock)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300 LABELS unit)
endfunction()

# One Google Benchmark program; it also runs as a test on small input, so that it cannot rot.
function(opptak_bench name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE opptak_options ${ARG_DEPS} benchmark::benchmark)
  add_test(NAME bench.${name} COMMAND ${CMAKE_COMMAND} -E env OPPTAK_BENCH_SMALL=1
           $<TARGET_FILE:${name}> --benchmark_min_time=0.01)
  set_tests_properties(bench.${name} PROPERTIES LABELS bench TIMEOUT 300)
endfunction()

# One libFuzzer target with its committed seeds in tests/fuzz/seeds/NAME. In the fuzz preset it is
# run shortly as a test; in every other preset the same code replays the seeds once. Target
# `fuzzers` builds them all and nothing else.
set(OPPTAK_FUZZ_SECONDS 10 CACHE STRING "How long each fuzz target runs as a test")
add_custom_target(fuzzers)
function(opptak_fuzz name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  set(seeds ${PROJECT_SOURCE_DIR}/tests/fuzz/seeds/${name})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE opptak_options ${ARG_DEPS})
  if(OPPTAK_FUZZ)
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME fuzz.${name} COMMAND ${name} -max_total_time=${OPPTAK_FUZZ_SECONDS}
             -timeout=5 -print_final_stats=1 ${CMAKE_BINARY_DIR}/corpus-${name} ${seeds})
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/corpus-${name})
  else()
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cc)
    add_test(NAME fuzz.${name} COMMAND ${name} ${seeds})
  endif()
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 600)
  add_dependencies(fuzzers ${name})
endfunction()
