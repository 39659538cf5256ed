// Reading arguments that lib/xrdcl and lib/posix have validated already. A wrong one here is a fault of theirs:
// TypeError, or RangeError for a number, "argument 2 must be ...". test/native/90.fuzz learns from that text what a
// call takes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "js/napi.h"

// Without NUL: the system's calls, and XrdCl's, would go on with what stands before it.
std::string StringArgument(const Napi::CallbackInfo& info, std::size_t index);
std::vector<std::string> StringsArgument(const Napi::CallbackInfo& info, std::size_t index);
std::int64_t WholeArgument(const Napi::CallbackInfo& info, std::size_t index, std::int64_t least, std::int64_t most);
std::uint32_t NumberArgument(const Napi::CallbackInfo& info, std::size_t index, std::uint32_t most = UINT32_MAX);
// Up to 2^53 - 1.
std::uint64_t LongArgument(const Napi::CallbackInfo& info, std::size_t index);
// -1 is none, as of a file that is closed: the system's calls then say EBADF.
int DescriptorArgument(const Napi::CallbackInfo& info, std::size_t index);
// A copy of a Uint8Array's: while another thread works, JavaScript may transfer their ArrayBuffer to a worker or shrink
// it, and their memory is somebody else's, or nobody's. Bytes that were taken away before are refused; they aren't
// none.
std::vector<std::uint8_t> BytesArgument(const Napi::CallbackInfo& info, std::size_t index);
Napi::Function FunctionArgument(const Napi::CallbackInfo& info, std::size_t index);
// `this` of a method, refused when it is another class's object.
void CheckThis(const Napi::CallbackInfo& info, const napi_type_tag& tag);

// To throw.
Napi::TypeError WrongArgument(const Napi::CallbackInfo& info, std::size_t index, const std::string& expected);
