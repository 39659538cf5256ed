'use strict';
/**
 * Loaded first in a process that the sanitizer watches: its children aren't asked about leaks. They are
 * servers that aren't ours, or end by process.exit(), where V8 frees nothing. Other findings count there too.
 */
process.env.ASAN_OPTIONS = (process.env.ASAN_OPTIONS ?? '').replace('detect_leaks=1', 'detect_leaks=0');
