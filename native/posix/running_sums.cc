#include "posix/running_sums.h"

#include <algorithm>

namespace {

constexpr std::size_t kPiece = 256 * 1024;  // stays in a core's cache from one sum to the next

}  // namespace

RunningSums::RunningSums(const std::vector<std::string>& types) {
  for (const auto& type : types) sums_.emplace_back(type);
}

void RunningSums::Update(const void* data, std::size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  for (std::size_t at = 0; at < size; at += kPiece) {
    for (auto& sum : sums_) sum.Update(bytes + at, std::min(kPiece, size - at));
  }
}

std::vector<std::string> RunningSums::Hex() {
  std::vector<std::string> values;
  for (auto& sum : sums_) values.push_back(sum.Hex());
  return values;
}
