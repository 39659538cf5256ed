// The sandbox's plug-in for xrootd: ofs.osslib ++ <this> <tape root> [<ledger file> <limit in bytes>]

#include <cstdlib>
#include <exception>
#include <memory>
#include <sstream>
#include <string>

#include "XrdSys/XrdSysError.hh"
#include "XrdVersion.hh"
#include "tape_storage.h"

// xrootd looks both symbols up by name; everything else stays inside.
#pragma GCC visibility push(default)

extern "C" XrdOss* XrdOssAddStorageSystem2(XrdOss* wrapped, XrdSysLogger* logger, const char* /*config*/,
                                           const char* parameters, XrdOucEnv* /*env*/) {
  XrdSysError log(logger, "tape_");
  std::istringstream words(parameters ? parameters : "");
  std::string root;
  std::string ledgerFile;
  std::int64_t limit = 0;
  if (!(words >> root)) {
    log.Emsg("Init", "the tape's root directory is missing");
    return nullptr;
  }
  try {
    std::unique_ptr<tape::BufferLedger> ledger;
    if (words >> ledgerFile >> limit) ledger = std::make_unique<tape::BufferLedger>(ledgerFile, limit);
    return new tape::TapeStorage(*wrapped, tape::TapeNamespace(root), std::move(ledger));
  } catch (const std::exception& error) {
    log.Emsg("Init", error.what());
    return nullptr;
  }
}

extern "C" {
XrdVERSIONINFO(XrdOssAddStorageSystem2, sandbox_tape);
}

#pragma GCC visibility pop
