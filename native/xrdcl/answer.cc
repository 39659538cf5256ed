#include "xrdcl/answer.h"

#include <atomic>

namespace {

std::atomic<int> outstanding{0};

}  // namespace

Answer::Answer(Function function) : function_(std::move(function)) { ++outstanding; }

Answer::~Answer() { --outstanding; }

int Answer::Outstanding() { return outstanding.load(); }

void Answer::To(const Send& send, const Function& then) {
  const XrdCl::XRootDStatus status = Entrust(std::make_unique<Answer>(then), send);
  if (!status.IsOK()) then(status, nullptr);
}

void Answer::HandleResponse(XrdCl::XRootDStatus* status, XrdCl::AnyObject* response) {
  std::unique_ptr<Answer> self(this);
  const std::unique_ptr<XrdCl::XRootDStatus> owned_status(status);
  function_(*status, Response(response));
  if (IsPart(*status)) static_cast<void>(self.release());
}
