// Renames that lose nothing.
#pragma once

// As rename(2) within a directory (AT_FDCWD: for paths), but fails with EEXIST where the name is taken; EINVAL, ENOSYS
// or the like where the file system, or the system, has no such rename.
int RenameNew(int directory, const char* from, const char* to);

// Each of two files gets the other's name, in one step; errors as above.
int RenameExchange(const char* from, const char* to);
