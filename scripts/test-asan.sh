#!/bin/bash
# Runs the native tests, or a script of one's own, against the AddressSanitizer build (npm run build:asan).
# Node itself isn't instrumented, so the sanitizer's runtime is loaded before it. Any finding, a leak
# included, ends the process with exit code 99.
set -euo pipefail
cd "$(dirname "$0")/.."

addon=$PWD/build-asan/Debug/xrootd_archive.node
[ -e "$addon" ] || { echo 'test-asan: npm run build:asan first' >&2; exit 1; }
runtime=$(g++ -print-file-name=libasan.so)
[ -e "$runtime" ] || { echo 'test-asan: libasan is missing (it comes with g++)' >&2; exit 1; }

export XROOTD_ARCHIVE_ADDON=$addon
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:exitcode=99}
export LD_PRELOAD=$runtime
if [ $# -gt 0 ]; then exec node --require ./scripts/asan-children.cjs "$@"; fi
exec node --require ./scripts/asan-children.cjs node_modules/mocha/bin/mocha.js --timeout 180000 'dist/test/native/**/*.test.js'
