#!/bin/bash
# Runs the native tests against the AddressSanitizer build (npm run build:asan). Node itself isn't
# instrumented, so the sanitizer's runtime is loaded before it, and V8's own "leaks" aren't looked for.
set -euo pipefail
cd "$(dirname "$0")/.."

addon=$PWD/build-asan/Debug/xrootd_archive.node
[ -e "$addon" ] || { echo 'test-asan: npm run build:asan first' >&2; exit 1; }
runtime=$(g++ -print-file-name=libasan.so)
[ -e "$runtime" ] || { echo 'test-asan: libasan is missing (it comes with g++)' >&2; exit 1; }

export XROOTD_ARCHIVE_ADDON=$addon
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0:halt_on_error=1:abort_on_error=0:exitcode=99:detect_stack_use_after_return=0}
export LD_PRELOAD=$runtime
if [ $# -gt 0 ]; then exec node "$@"; fi
exec node node_modules/mocha/bin/mocha.js --timeout 180000 'dist/test/native/**/*.test.js'
