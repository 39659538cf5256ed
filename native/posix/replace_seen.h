// A rename that replaces one file, and no other that has taken its place.
#pragma once

#include <string>

// Gives the file `from` the name `to`, and removes what had it, if that is still the file that was seen: `version` is
// what lib/posix/publish.ts makes of its stat. Where nothing has the name any more, nothing is replaced. Otherwise
// fails with EEXIST: both names are as they were. Other errors: as rename(2) and RenameNew().
//
// After any error `from` may hold another file than before, which had the name `to` for a moment and could not be given
// it back: if one came when the name was taken by ours, ours was removed, and a third has the name now.
//
// A crash in the middle leaves `to` new and whole, and what it replaced as `from`. Where the file system can't exchange
// two names (NFS, for one) the look is just before the rename, and what comes between the two is replaced.
int ReplaceSeen(const char* from, const char* to, const std::string& version);
