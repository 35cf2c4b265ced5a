/**
 * The guest's init: shell functions for busybox, which the host's program puts in order.
 *
 * On the console it says, each on a line of its own:
 *
 * - `@alive`: it runs
 * - `@phase NAME`: what comes next
 * - `| TEXT`: a script's output
 * - `@line NUMBER`: where in its text a script has failed, if that is known
 * - `@exit FIELD STATUS`: a script has ended; if with another status than 0, nothing more is done
 * - `@error TEXT`: something else has failed
 * - `@full`, after either: there was no space left on the disk
 * - `@done`: all is well and on the disk
 *
 * The disk holds, or shows, the base image's files in `lower`, the new layer in `upper`, and the
 * closure of store paths in `store`. Mount points that the image lacks are in `points`, a layer
 * below all others, so that they are no part of the new one.
 * @module
 */

import { TOP_MTIME } from "../layer/top_mtime.ts";
import { BROUGHT, FAILED, STARTED } from "../process/script_text.ts";
import { LINKS, MODULES, PROGRAMS, SCRIPTS } from "./initramfs.ts";

/** The functions; a line with the name of one each, and its arguments, is to follow. */
export const INIT = `#!${PROGRAMS}/busybox sh
# Runs as process 1 of a virtual machine. Nothing here may end this shell.
export PATH=${PROGRAMS} LC_ALL=C TZ=UTC
umask 022
cd /

end() {
  cd /
  sync
  # Waits until the serial line has sent everything.
  stty sane </dev/console 2>/dev/null
  poweroff -f
  # Not reached.
  while :; do sleep 60; done
}

# Whether the disk has (nearly) no room left.
is_full() {
  set -- $(stat -f -c '%f %S %d' /disk)
  [ $# = 3 ] && { [ $(($1 * $2)) -lt 1048576 ] || [ $3 -lt 16 ]; }
}

# On one line.
fail() {
  echo "@error $*"
  case "$*" in
    *'No space left on device'*) echo @full ;;
    *) if is_full; then echo @full; fi ;;
  esac
  end
}

# try WHAT COMMAND...
try() {
  local what=$1
  shift
  "$@" >/run/said 2>&1 </dev/null || fail "$what failed: $(tail -n 3 /run/said | tr '\\n' ' ')"
}

insert() {
  insmod "${MODULES}/$1.ko" 2>/run/said || refused="$refused; $(cat /run/said)"
}

# Waits for a disk, whose driver may take its time.
await_disk() {
  local tries=0
  until [ -b "/dev/$1" ]; do
    if [ $tries = 50 ]; then fail "the disk $1 is not there$refused"; fi
    tries=$((tries + 1))
    sleep 0.1
  done
}

start() {
  echo @alive
  # There is no /dev/null yet.
  mount -t devtmpfs dev /dev || fail 'cannot mount /dev'
  mkdir -p /dev/pts /dev/shm
  try 'mounting /proc' mount -t proc proc /proc
  try 'mounting /sys' mount -t sysfs sys /sys
  try 'mounting /dev/pts' mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
  try 'mounting /dev/shm' mount -t tmpfs -o mode=1777 shm /dev/shm
  ln -s /proc/self/fd /dev/fd
  ln -s /proc/self/fd/0 /dev/stdin
  ln -s /proc/self/fd/1 /dev/stdout
  ln -s /proc/self/fd/2 /dev/stderr
  # No messages of the kernel among ours, short of its end.
  echo 1 >/proc/sys/kernel/printk
  # A script may do \`rm -rf /*\`, and this one goes on after it.
  try 'mounting ${PROGRAMS}' mount -o bind ${PROGRAMS} ${PROGRAMS}
  try 'mounting ${PROGRAMS}' mount -o remount,bind,ro ${PROGRAMS}
  chmod 1777 /tmp
  hostname localhost
}

make_ready() {
  await_disk vda
  try 'mounting the disk' mount -t ext4 -o noatime /dev/vda /disk
  mkdir -p /disk/lower /disk/upper /disk/work /disk/merged /disk/store/nix/store
}

# unpack DISK DIRECTORY
unpack() {
  await_disk "$1"
  try "unpacking to $2" tar -xf "/dev/$1" -C "/disk/$2" --numeric-owner
}

shown=

# show DISK DIRECTORY
show() {
  await_disk "$1"
  try "mounting $2" mount -t erofs -o ro "/dev/$1" "/disk/$2"
  shown="$2 $shown"
}

# Off is what would need more than files to say: a layer of an image has nothing else.
as_image() {
  mount -t overlay -o "lowerdir=$1,upperdir=/disk/upper,workdir=/disk/work,\\
redirect_dir=off,index=off,metacopy=off,xino=off" image /disk/merged
}

# adopt DISK: what is on it comes to the new layer by the overlay's driver, with all attributes.
adopt() {
  mkdir -p /disk/adopted
  show "$1" adopted
  try 'mounting the new layer' as_image /disk/adopted
  try 'copying to the new layer' find /disk/merged -exec touch -h -c -d @${TOP_MTIME} {} +
  if [ -s /run/said ]; then fail "copying to the new layer failed: $(tail -n 1 /run/said)"; fi
  try 'unmounting the new layer' umount /disk/merged
}

# own_links DISK DIRECTORY UID:GID
own_links() {
  try 'giving links their owners' give_links "$@"
}

give_links() {
  (cd "/disk/$2" && xargs -0 chown -h "$3" <"${LINKS}/$1.$3")
}

# The new layer's own root is seen as the image's.
like_base() {
  chmod "$(stat -c %a /disk/lower)" /disk/upper
  chown "$(stat -c %u:%g /disk/lower)" /disk/upper
  touch -r /disk/lower /disk/upper
}

show_store() {
  # tar gives directories their times too early.
  case " $shown" in
    *' store '*) ;;
    *) try 'unpacking the store' find /disk/store -type d -exec touch -d @1 {} + ;;
  esac
  try 'mounting the store' mount -o bind /disk/store/nix/store /nix/store
  try 'mounting the store' mount -o remount,bind,ro /nix/store
}

is_whiteout() {
  [ -c "$1" ] && [ ! -L "$1" ] && [ "$(stat -c %t:%T "$1")" = 0:0 ]
}

# Sets kind: what the image has at $1.
look() {
  local place
  kind=nothing
  for place in "/disk/upper/$1" "/disk/lower/$1"; do
    if [ -L "$place" ]; then kind=other
    elif [ -d "$place" ]; then kind=directory
    elif [ -e "$place" ]; then kind=other
    else continue
    fi
    return
  done
}

# Makes the image's root, with all that a script finds in it. enter SECONDS
enter() {
  local point
  made=
  rm -rf /disk/points
  mkdir /disk/points
  for point in dev proc sys nix nix/store tmp ${BROUGHT.slice(1)}; do
    look $point
    if [ $kind = nothing ]; then
      made="$point $made"
      mkdir -p /disk/points/$point
    elif [ $kind = other ] && [ $point != tmp ]; then
      fail "/$point of the image is no directory"
    fi
  done
  if [ -d /disk/points/tmp ]; then chmod 1777 /disk/points/tmp; fi
  find /disk/points -exec touch -d "@$1" {} +
  try 'mounting the image' as_image /disk/lower:/disk/points
  try 'mounting the store' mount -t overlay \\
    -o ro,lowerdir=/disk/store/nix/store:/disk/merged/nix/store store /disk/merged/nix/store
  try 'mounting /dev' mount -o rbind /dev /disk/merged/dev
  try 'mounting /sys' mount -o rbind /sys /disk/merged/sys
  try 'mounting ${BROUGHT}' mount -o rbind ${BROUGHT} /disk/merged${BROUGHT}
}

# Undoes that. What is left of our mount points goes, if nobody has put anything there.
leave() {
  local point place
  for point in ${PROGRAMS} ${BROUGHT} /sys /dev/shm /dev/pts /dev /nix/store ''; do
    try "unmounting $point" umount "/disk/merged$point"
  done
  for point in $made; do
    place=/disk/upper/$point
    if [ -d "$place" ] && [ ! -L "$place" ]; then rmdir "$place" 2>/dev/null
    elif is_whiteout "$place"; then rm "$place"
    fi
  done
}

# Begins in namespaces of its own, as their process 1. run_in WHERE FIELD
cat >/run/run_in <<'END'
ip link set lo up 2>/dev/null
if [ "$1" = root ]; then
  mount -t proc proc /disk/merged/proc || exit
  exec chroot /disk/merged ${PROGRAMS}/busybox sh ${BROUGHT}/$2.start
fi
mount -t proc proc /proc || exit
exec sh ${BROUGHT}/$2.start
END

# Every script begins at the same time. run SECONDS WHERE FIELD
run() {
  local field=$3 line status=none
  echo "@phase $field"
  if [ "$2" = root ]; then enter "$1"; fi
  rm -f ${BROUGHT}/${STARTED} ${BROUGHT}/${FAILED} /run/full /run/syntax
  cp ${SCRIPTS}/$field ${SCRIPTS}/$field.start ${BROUGHT}
  date -s "@$1" >/dev/null
  {
    unshare -imnpuf sh /run/run_in "$2" "$field" 2>&1 </dev/null
    echo $? >/run/status
  } | awk -v at="${BROUGHT}/$field: line " '
    /No space left on device/ { print >"/run/full" }
    / syntax error: / { place = index($0, at) }
    place { print substr($0, place + length(at)) + 0 >"/run/syntax"; place = 0 }
    { print "| " $0 }'
  read -r status </run/status
  if [ "$status" != 0 ] && [ ! -e ${BROUGHT}/${STARTED} ]; then
    fail "$field could not be started (exit status $status)"
  fi
  if [ "$status" != 0 ]; then
    line=
    if [ -e ${BROUGHT}/${FAILED} ]; then
      read -r noted line <${BROUGHT}/${FAILED}
      if [ "$noted" != "$status" ]; then line=; fi
    fi
    # Of which busybox's shell notes the line that it ran last.
    if [ "$status" = 2 ] && [ -e /run/syntax ]; then read -r line </run/syntax; fi
    if [ "$line" ]; then echo "@line $line"; fi
    echo "@exit $field $status"
    if [ -e /run/full ] || is_full; then echo @full; fi
    end
  fi
  if [ "$2" = root ]; then leave; fi
  echo "@exit $field 0"
}

finish() {
  local place
  echo '@phase finishing'
  try 'unmounting the store' umount /nix/store
  for place in $shown; do try "unmounting $place" umount "/disk/$place"; done
  sync
  try 'unmounting the disk' umount /disk
  echo @done
  end
}

`;
