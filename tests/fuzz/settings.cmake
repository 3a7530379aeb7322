opptak_fuzz(fuzz_settings settings_fuzz.cc DEPS storage_settings)
