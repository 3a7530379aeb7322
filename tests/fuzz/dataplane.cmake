opptak_fuzz(fuzz_path path_fuzz.cc
  DEPS dataplane_worker dataplane_block dataplane_api storage_block)
opptak_fuzz(fuzz_records records_fuzz.cc DEPS storage_block)
