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
# All repetitions: a race or a leak may not show the first time.
export FULL=${FULL:-1}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:exitcode=99}
export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$PWD/scripts/lsan-suppressions.txt:print_suppressions=1}

sanitized() { LD_PRELOAD=$runtime node --require ./scripts/asan-children.cjs "$@"; }

if [ $# -gt 0 ]; then sanitized "$@"; exit; fi
output=$(mktemp)
trap 'rm -f "$output"' EXIT
{
  sanitized node_modules/mocha/bin/mocha.js --timeout 180000 'dist/test/native/**/*.test.js' 2>&1 >&3 | tee "$output" >&2
} 3>&1
# The known leak is a few large buffers a failed download; what we had forgotten to free of a request would be thousands.
suppressed=$(awk '$3 == "libXrdCl.so" { print $1 }' "$output")
if [ "${suppressed:-0}" -gt 200 ]; then
  echo "test-asan: $suppressed objects of libXrdCl leaked; the known leak is at most 200" >&2
  exit 99
fi
