#pragma once

#include <string>
#include <vector>

namespace tape {

// Hands words, each ended by a NUL, to the tape robot, which listens on a socket, and returns what it answers.
// Throws std::runtime_error when it can't be reached.
std::string askRobot(const std::string& socketPath, const std::vector<std::string>& words);

}  // namespace tape
