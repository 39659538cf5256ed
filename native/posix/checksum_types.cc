#include "posix/checksum_types.h"

#include <algorithm>

#include "js/arguments.h"
#include "posix/running_sum.h"

std::string ChecksumTypeArgument(const Napi::CallbackInfo& info, std::size_t index) {
  std::string type = StringArgument(info, index);
  if (!RunningSum::Knows(type)) throw WrongArgument(info, index, "a checksum type");
  return type;
}

std::vector<std::string> ChecksumTypesArgument(const Napi::CallbackInfo& info, std::size_t index) {
  std::vector<std::string> types = StringsArgument(info, index);
  constexpr std::size_t kMost = 16;
  if (types.size() > kMost || !std::all_of(types.begin(), types.end(), RunningSum::Knows))
    throw WrongArgument(info, index, "an array of checksum types");
  return types;
}
