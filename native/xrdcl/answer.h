// An asynchronous answer of XrdCl as a call of a function, once; the handler destroys itself.
#pragma once

#include <XrdCl/XrdClXRootDResponses.hh>
#include <functional>
#include <memory>
#include <utility>

#include "xrdcl/request.h"

class Answer final : public XrdCl::ResponseHandler {
 public:
  // `response` is null where there is none, and lives as long as the call.
  using Function = std::function<void(const XrdCl::XRootDStatus& status, XrdCl::AnyObject* response)>;
  using Send = std::function<XrdCl::XRootDStatus(XrdCl::ResponseHandler*)>;

  // Calls `then` when what was sent is answered, or at once when it can't be sent.
  static void To(const Send& send, const Function& then) {
    auto answer = std::make_unique<Answer>(then);
    const XrdCl::XRootDStatus status = send(answer.get());
    if (status.IsOK()) {
      // The answer may have come and gone already: the handler isn't ours any more.
      static_cast<void>(answer.release());
    } else {
      then(status, nullptr);
    }
  }

  explicit Answer(Function function) : function_(std::move(function)) {}

  void HandleResponse(XrdCl::XRootDStatus* status, XrdCl::AnyObject* response) override {
    const std::unique_ptr<Answer> self(this);
    const std::unique_ptr<XrdCl::XRootDStatus> owned_status(status);
    const std::unique_ptr<XrdCl::AnyObject> owned_response(response);
    function_(*status, response);
  }

 private:
  const Function function_;
  const Request::Unanswered unanswered_;
};
