#include "tape_rules.h"

#include <cstring>
#include <sstream>
#include <stdexcept>

#include "robot_call.h"

namespace tape {

namespace {

bool isEosLetter(char letter) {
  bool alphanumeric =
      (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
  return alphanumeric || std::strchr("/ .-_~#:^", letter) != nullptr;
}

void set(TapeRules& rules, const std::string& name, const std::string& value) {
  if (name == "ledger") {
    rules.ledger = value;
  } else if (name == "limit") {
    rules.limit = std::stoll(value);
  } else if (name == "names" && value == "eos") {
    rules.eosNames = true;
  } else if (name == "empty" && value == "refused") {
    rules.refuseEmpty = true;
  } else if (name == "backup" && value == "untold") {
    rules.tellBackup = false;
  } else if (name == "once") {
    rules.writeOnce.push_back(value);
  } else if (name == "robot") {
    rules.robot = value;
  } else {
    throw std::invalid_argument("unknown parameter: " + name + "=" + value);
  }
}

}  // namespace

TapeRules TapeRules::parse(const char* parameters) {
  std::istringstream words(parameters ? parameters : "");
  TapeRules rules;
  if (!(words >> rules.root)) throw std::invalid_argument("the tape's root directory is missing");
  std::string word;
  while (words >> word) {
    std::size_t sign = word.find('=');
    if (sign == std::string::npos) throw std::invalid_argument("unknown parameter: " + word);
    set(rules, word.substr(0, sign), word.substr(sign + 1));
  }
  return rules;
}

bool TapeRules::refusesName(const char* path) const {
  if (!eosNames) return false;
  for (const char* letter = path; *letter != '\0'; letter++) {
    if (!isEosLetter(*letter)) return true;
  }
  return false;
}

bool TapeRules::isWriteOnce(const char* path) const {
  for (const std::string& directory : writeOnce) {
    std::size_t length = directory.size();
    if (std::strncmp(path, directory.c_str(), length) == 0 && path[length] == '/') return true;
  }
  return false;
}

bool TapeRules::mayStay(const std::string& path, std::int64_t size) const {
  if (refuseEmpty && size == 0) return false;
  return robot.empty() || askRobot(robot, {"ask", "commit", path}).empty();
}

}  // namespace tape
