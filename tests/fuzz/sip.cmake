opptak_fuzz(fuzz_sip sip_fuzz.cc DEPS control_sip)
opptak_fuzz(fuzz_sdp sdp_fuzz.cc DEPS control_sip)
