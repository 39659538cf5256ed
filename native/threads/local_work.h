// Threads for what the local disk does for small things: reading, writing and naming a file.
#pragma once

#include "threads/bounded_threads.h"

BoundedThreads& LocalWork();
