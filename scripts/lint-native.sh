#!/bin/bash
# clang-format and clang-tidy over native/. The compile commands come from the cmake-js build.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t sources < <(find native -name '*.cc' | sort)
mapfile -t headers < <(find native -name '*.h' | sort)
[ "${#sources[@]}" -gt 0 ] || { echo 'lint-native: native/ has no sources' >&2; exit 1; }

status=0
clang-format --dry-run -Werror "${sources[@]}" "${headers[@]}" 2>&1 | grep 'error:' | cut -d: -f1 | uniq -c \
  | sed 's/^ *\([0-9]*\) \(.*\)/\2: \1 places to be formatted (npm run format)/' || true
[ "${PIPESTATUS[0]}" = 0 ] || status=1
npx --no-install cmake-js configure --log-level error --out build-cmake >/dev/null
printf '%s\0' "${sources[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet -p build-cmake 2>/dev/null || status=1
[ "$status" = 0 ] && echo "lint-native: ${#sources[@]} sources are clean"
exit "$status"
