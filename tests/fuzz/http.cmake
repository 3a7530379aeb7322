opptak_fuzz(fuzz_http http_fuzz.cc DEPS control_http_parse)
