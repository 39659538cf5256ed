// Brings what many descriptors, of files or directories, hold to the disk, for the price of a few.
#pragma once

#include <vector>

// An errno for each: 0 means that it is on the disk.
std::vector<int> SyncFiles(const std::vector<int>& descriptors);
