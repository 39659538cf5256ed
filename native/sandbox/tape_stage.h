#pragma once

#include <string>

#include "XrdOfs/XrdOfsPrepare.hh"

namespace tape {

// Prepare requests on their way to another plug-in: it refuses stage requests for files that have as many as the
// robot allows, with EUSERS (kXR_Overloaded, 3024), as EOS does. A request is refused only if all of its files are;
// otherwise the others go on.
class TapeStage final : public XrdOfsPrepare {
 public:
  TapeStage(XrdOfsPrepare& wrapped, std::string robotSocket);

  int begin(XrdSfsPrep& request, XrdOucErrInfo& error, const XrdSecEntity* client = nullptr) override;
  int cancel(XrdSfsPrep& request, XrdOucErrInfo& error, const XrdSecEntity* client = nullptr) override;
  int query(XrdSfsPrep& request, XrdOucErrInfo& error, const XrdSecEntity* client = nullptr) override;

 private:
  XrdOfsPrepare& wrapped_;
  std::string robotSocket_;
};

}  // namespace tape
