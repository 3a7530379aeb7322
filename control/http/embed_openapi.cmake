# Writes OUT, a C++ file that holds IN as bytes: cmake -DIN=... -DOUT=... -P embed_openapi.cmake
file(READ ${IN} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUT} "#include \"control/http/openapi_text.h\"
namespace opptak::control::http {
namespace {
constexpr unsigned char kText[] = {${bytes}};
}
std::string_view openapi_text() noexcept {
  return {reinterpret_cast<const char*>(kText), sizeof kText};
}
}
")
