#!/bin/bash
# Runs the README's two commands, as they stand, on a machine with nothing of ours on it:
# a debootstrap chroot, first as root, then as an ordinary user.
#
#   scripts/fresh-machine.sh [SUITE]        trixie (default), bookworm or sid; as root
#
# The Debian mirror is the one that this machine's apt uses. The bare chroot is kept as a tarball in
# FRESH_DIR (default: /tmp/fresh-machine), so that a second run starts at once.
set -euo pipefail

suite=${1:-trixie}
dir=${FRESH_DIR:-/tmp/fresh-machine}
root=$dir/$suite
base=$dir/$suite.tar
project=$(cd "$(dirname "$0")/.." && pwd)

[ "$(id -u)" = 0 ] || { echo 'fresh-machine: must run as root (debootstrap, chroot, mount)' >&2; exit 2; }
command -v debootstrap >/dev/null || { echo 'fresh-machine: apt-get install debootstrap first' >&2; exit 2; }

. "$project/scripts/fresh/machine.sh"

# USER COMMAND: a login shell, as a person has.
as() {
  local start=$SECONDS status=0
  say "$1: $2"
  chroot "$root" /usr/bin/env -i TERM=dumb su - "$1" -c "cd ~/xrootd-archive && $2" </dev/null || status=$?
  times+=("$(printf '%-8s %-12s %4d s  exit %d' "$1" "$2" $((SECONDS - start)) "$status")")
  [ "$status" = 0 ] || failed=1
}

trap unmount EXIT
fresh_root

git -C "$project" bundle create -q "$root/srv/project.bundle" HEAD
chmod 644 "$root/srv/project.bundle"
inside useradd -m -s /bin/bash tester

times=()
failed=0
for user in root tester; do
  chroot "$root" su - "$user" -c 'git -c init.defaultBranch=main -c advice.detachedHead=false clone -q /srv/project.bundle xrootd-archive && node --version && npm --version'
  as "$user" 'npm run demo'
  as "$user" 'npm test'
done

say "XRootD $(inside xrootd -v 2>&1 | head -n 1)"
printf '%s\n' "${times[@]}"
exit "$failed"
