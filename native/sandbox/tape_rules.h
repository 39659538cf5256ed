#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tape {

// What the server does as EOS does, beside having a tape: the plug-in's parameters.
// <tape root> [<name>=<value>…]; values hold no spaces.
struct TapeRules {
  std::string root;
  // The disk buffer: ledger=<file> limit=<bytes>. Empty: it has no limit.
  std::string ledger;
  std::int64_t limit = 0;
  // names=eos: other characters than A-Z a-z 0-9 / SPACE . - _ ~ # : ^ are refused with EILSEQ.
  bool eosNames = false;
  // empty=refused: the close of a new file without bytes fails, and the file is gone.
  bool refuseEmpty = false;
  // backup=untold: stat never says that a file is on tape.
  bool tellBackup = true;
  // once=<directory>, several times: what is in it is never overwritten, changed or removed.
  std::vector<std::string> writeOnce;
  // robot=<socket>: the robot is asked at the close of each new file whether it may stay.
  std::string robot;

  // Throws std::invalid_argument.
  static TapeRules parse(const char* parameters);

  bool refusesName(const char* path) const;
  bool isWriteOnce(const char* path) const;
  // May a new file stay at its close? Throws when the robot can't be asked.
  bool mayStay(const std::string& path, std::int64_t size) const;
};

}  // namespace tape
