opptak_fuzz(fuzz_resume resume_fuzz.cc DEPS control_core)
