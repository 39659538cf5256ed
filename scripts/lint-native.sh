#!/bin/bash
# clang-format and clang-tidy over native/. The compile commands come from the cmake-js build.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t sources < <(find native -name '*.cc' | sort)
mapfile -t headers < <(find native -name '*.h' | sort)
[ "${#sources[@]}" -gt 0 ] || { echo 'lint-native: native/ has no sources' >&2; exit 1; }

status=0
for file in "${sources[@]}" "${headers[@]}"; do
  if ! clang-format --dry-run -Werror "$file" 2>/dev/null; then
    echo "$file isn't formatted (npm run format)"
    status=1
  fi
done
npx --no-install cmake-js configure --log-level error --out build-cmake >/dev/null
printf '%s\0' "${sources[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet -p build-cmake 2>/dev/null || status=1
[ "$status" = 0 ] && echo "lint-native: ${#sources[@]} sources are clean"
exit "$status"
