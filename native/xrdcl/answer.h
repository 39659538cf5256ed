// An asynchronous answer of XrdCl as a call of a function: once, or several times for one that comes in parts. The
// handler is XrdCl's from the moment that the request was sent, and destroys itself after the last call.
#pragma once

#include <XrdCl/XrdClXRootDResponses.hh>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

class Answer final : public XrdCl::ResponseHandler {
 public:
  using Response = std::unique_ptr<XrdCl::AnyObject>;
  // `response` is null where there is none.
  using Function = std::function<void(const XrdCl::XRootDStatus& status, Response response)>;
  using Send = std::function<XrdCl::XRootDStatus(XrdCl::ResponseHandler*)>;

  // Calls `then` when what was sent is answered, or at once when it can't be sent.
  static void To(const Send& send, const Function& then);
  // Sends with a handler that destroys itself once it is answered; if it can't be sent, it is destroyed here.
  template <typename Handler, typename Sending>
  static XrdCl::XRootDStatus Entrust(std::unique_ptr<Handler> handler, const Sending& send) {
    XrdCl::XRootDStatus status = Sent(send, handler.get());
    // If it was sent, the answer may have come and gone already: the handler isn't ours any more.
    if (status.IsOK()) static_cast<void>(handler.release());
    return status;
  }
  // This was a part of the answer; more calls follow.
  static bool IsPart(const XrdCl::XRootDStatus& status) { return status.IsOK() && status.code == XrdCl::suContinue; }
  // How many XrdCl has.
  static int Outstanding();

  explicit Answer(Function function);
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() override;

  void HandleResponse(XrdCl::XRootDStatus* status, XrdCl::AnyObject* response) override;

 private:
  // libXrdCl throws at some arguments (std::out_of_range at an empty list of paths), and has sent nothing then.
  template <typename Sending>
  static XrdCl::XRootDStatus Sent(const Sending& send, XrdCl::ResponseHandler* handler) try {
    return send(handler);
  } catch (const std::exception& error) {
    return {XrdCl::stError, XrdCl::errInvalidArgs, 0, error.what()};
  }

  const Function function_;
};
