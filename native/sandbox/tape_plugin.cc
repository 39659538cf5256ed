// The sandbox's plug-in for xrootd:
//   ofs.osslib ++ <this> <parameters>              (tape_rules.h)
//   ofs.preplib ++ <this> <the robot's socket>     (tape_stage.h)

#include <exception>
#include <memory>
#include <string>

#include "XrdSys/XrdSysError.hh"
#include "XrdVersion.hh"
#include "tape_stage.h"
#include "tape_storage.h"

// xrootd looks both symbols up by name; everything else stays inside.
#pragma GCC visibility push(default)

extern "C" XrdOss* XrdOssAddStorageSystem2(XrdOss* wrapped, XrdSysLogger* logger, const char* /*config*/,
                                           const char* parameters, XrdOucEnv* /*env*/) {
  XrdSysError log(logger, "tape_");
  try {
    tape::TapeRules rules = tape::TapeRules::parse(parameters);
    std::unique_ptr<tape::BufferLedger> ledger;
    if (!rules.ledger.empty()) ledger = std::make_unique<tape::BufferLedger>(rules.ledger, rules.limit);
    return new tape::TapeStorage(*wrapped, std::move(rules), std::move(ledger));
  } catch (const std::exception& error) {
    log.Emsg("Init", error.what());
    return nullptr;
  }
}

extern "C" XrdOfsPrepare* XrdOfsAddPrepare(XrdSysError* /*log*/, const char* /*config*/, const char* parameters,
                                           XrdSfsFileSystem* /*fileSystem*/, XrdOss* /*storage*/, XrdOucEnv* /*env*/,
                                           XrdOfsPrepare* wrapped) {
  return new tape::TapeStage(*wrapped, parameters ? parameters : "");
}

extern "C" {
XrdVERSIONINFO(XrdOssAddStorageSystem2, sandbox_tape);
XrdVERSIONINFO(XrdOfsAddPrepare, sandbox_tape);
}

#pragma GCC visibility pop
