opptak_fuzz(fuzz_storage_block storage_block_fuzz.cc DEPS storage_segment)
opptak_fuzz(fuzz_storage_segment storage_segment_fuzz.cc DEPS storage_segment)
opptak_fuzz(fuzz_storage_extent storage_extent_fuzz.cc DEPS storage_extent)
opptak_fuzz(fuzz_storage_key storage_key_fuzz.cc
            ${PROJECT_SOURCE_DIR}/tests/unit/storage/memory_key_file.cc
            DEPS storage_key OpenSSL::Crypto)
opptak_fuzz(fuzz_storage_receipt storage_receipt_fuzz.cc DEPS storage_receipt)
