#include "xrdcl/small_copy.h"

#include <memory>
#include <utility>

#include "js/arguments.h"
#include "js/completion.h"
#include "js/operation.h"
#include "js/strings.h"
#include "threads/local_work.h"
#include "xrdcl/small_download.h"
#include "xrdcl/small_upload.h"

Napi::Value CopySmall(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  SmallFileCopy::Options options{StringArgument(info, 0),    StringArgument(info, 1),     info[2].ToBoolean().Value(),
                                 StringsArgument(info, 3),   info[4].ToBoolean().Value(), LongArgument(info, 6),
                                 info[7].ToBoolean().Value()};
  const bool download = info[5].ToBoolean().Value();
  Completion completion = Completion::Begin(env, FunctionArgument(info, 8));
  std::shared_ptr<SmallFileCopy> copy;
  if (download) {
    copy = std::make_shared<SmallDownload>(std::move(completion), std::move(options));
  } else {
    copy = std::make_shared<SmallUpload>(std::move(completion), std::move(options));
  }
  LocalWork().Run([copy] { copy->Run(); });
  return Operation::New(env, copy);
}
