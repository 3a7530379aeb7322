#include "control/sip/method.h"

namespace opptak::control::sip {

Method parse_method(std::string_view token) noexcept {
  switch (token.size()) {
    case 3:
      if (token == "BYE") return Method::kBye;
      if (token == "ACK") return Method::kAck;
      break;
    case 4:
      if (token == "INFO") return Method::kInfo;
      break;
    case 5:
      if (token == "PRACK") return Method::kPrack;
      if (token == "REFER") return Method::kRefer;
      break;
    case 6:
      if (token == "INVITE") return Method::kInvite;
      if (token == "CANCEL") return Method::kCancel;
      if (token == "UPDATE") return Method::kUpdate;
      if (token == "NOTIFY") return Method::kNotify;
      break;
    case 7:
      if (token == "OPTIONS") return Method::kOptions;
      if (token == "MESSAGE") return Method::kMessage;
      if (token == "PUBLISH") return Method::kPublish;
      break;
    case 8:
      if (token == "REGISTER") return Method::kRegister;
      break;
    case 9:
      if (token == "SUBSCRIBE") return Method::kSubscribe;
      break;
    default:
      break;
  }
  return Method::kOther;
}

}  // namespace opptak::control::sip
