// xrootd runs this for each prepare request (ofs.preplib libXrdOfsPrepGPI.so -run): it hands its
// arguments to the tape robot and prints the robot's answer.
// The robot listens on robot.sock in the directory that this program was called in.

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "robot_call.h"

int main(int argc, char** argv) {
  std::string program = argv[0];
  std::string socketPath = program.substr(0, program.rfind('/') + 1) + "robot.sock";
  try {
    std::string answer = tape::askRobot(socketPath, std::vector<std::string>(argv + 1, argv + argc));
    if (std::fwrite(answer.data(), 1, answer.size(), stdout) == answer.size() && std::fflush(stdout) == 0) return 0;
    std::perror("tape_prepare: can't print the answer");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tape_prepare: %s\n", error.what());
  }
  return 1;
}
