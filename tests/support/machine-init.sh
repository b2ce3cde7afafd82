#!/bin/sh
# The first process of a throw-away machine (see machine.py), already in namespaces of its own.
# usage: machine-init.sh LOWER WORKDIR HOSTNAME COMMAND...
#
# Builds the machine's root: LOWER, read only, under a layer in memory; WORKDIR/run as /run, so that sockets
# made there can be reached from outside; WORKDIR/data under /var/lib, because an engine's own overlays can't
# lie on an overlay. Then runs COMMAND, again and again as long as it ends well, which it does when it is asked to,
# and reaps, as process 1 has to, whatever the engine leaves orphaned.
set -eu
lower=$1 work=$2 name=$3
shift 3

mkdir -p "$work/layer" "$work/root" "$work/run" "$work/data/docker" "$work/data/containers"
mount -t tmpfs -o size=512m layer "$work/layer"
mkdir "$work/layer/upper" "$work/layer/work"
mount -t overlay -o "lowerdir=$lower,upperdir=$work/layer/upper,workdir=$work/layer/work" overlay "$work/root"
cd "$work/root"
mkdir -p proc sys dev run tmp mnt etc var/lib/docker var/lib/containers

mount -t proc proc proc
mount -t sysfs sysfs sys
for below in fs/cgroup kernel/security fs/bpf; do
	if mountpoint -q "/sys/$below"; then mount --rbind "/sys/$below" "sys/$below"; fi
done
mount --rbind /dev dev
mount -t tmpfs -o mode=1777 tmpfs tmp
mount --bind "$work/run" run
mount --bind "$work/data/docker" var/lib/docker
mount --bind "$work/data/containers" var/lib/containers

# What an engine expects and an extracted, never configured root may lack.
[ -L var/run ] || { rm -rf var/run && ln -s /run var/run; }
[ -s etc/passwd ] || echo 'root:x:0:0:root:/root:/bin/sh' > etc/passwd
[ -s etc/group ] || echo 'root:x:0:' > etc/group
printf '127.0.0.1 localhost\n' > etc/hosts
printf '127.0.0.1 %s\n' "$name" >> etc/hosts
: > etc/resolv.conf

pivot_root . mnt
# From here on nothing of the outer machine can be reached, so its programs neither: busybox takes over.
exec /bin/busybox sh -euc '
	/bin/busybox umount -l /mnt
	/bin/busybox hostname "$0"
	/bin/busybox ip link set lo up
	while "$@" & wait $!; do :; done
' "$name" "$@"
