#!/bin/bash
# Runs the addon in a program without Node (test/native/tsan) against a real server, with ThreadSanitizer. A race of ours
# ends it with exit code 66; those inside libXrdCl are named in tsan-suppressions.txt.
set -euo pipefail
cd "$(dirname "$0")/.."

program=$PWD/build-tsan/Debug/tsan
[ -e "$program" ] || { echo 'test-tsan: npm run build:tsan first' >&2; exit 1; }
[ -e dist/test/native/children/tsan.js ] || { echo 'test-tsan: npm run setup first' >&2; exit 1; }
export TSAN_OPTIONS=${TSAN_OPTIONS:-suppressions=$PWD/scripts/tsan-suppressions.txt:exitcode=66:history_size=5}
export XRD_LOGFILE=/dev/null
node dist/test/native/children/tsan.js "$program" "${1:-5}"
