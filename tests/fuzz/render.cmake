# clang refuses a header of Debian's bctoolbox, which oRTP brings along, in C++23 (an implicit move
# out of a returned reference): here the seeds are run once, by g++.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  opptak_fuzz(fuzz_render_pipe render_pipe_fuzz.cc DEPS control_render_engine)
  opptak_fuzz(fuzz_capture_check capture_check_fuzz.cc DEPS control_cli_parts)
endif()
