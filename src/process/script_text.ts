/**
 * The shell programs around a user's script. They keep to what any POSIX shell has.
 * @module
 */

/** Where a new root shows what we brought: the script, its TMPDIR and fakeroot's library. */
export const BROUGHT = "/.nix-image";

/** Text as one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A file whose room on the disk is for what is noted in the end: a script may have filled the rest. */
export const RESERVE = "reserve";

/**
 * Runs a command and then ends everything that it left, in a session of its own. Ends it earlier
 * when standard input ends, as it does when nix-image stops, be it by SIGKILL.
 *
 * `$1` is the PATH, `$2` the work directory. The command's process is the one whose id is in the file `pid` there
 * (that of fakeroot's child: fakeroot has to see it end, so that it ends its daemon). The exit
 * status goes to the file `status`, because this shell ends itself along with its session.
 */
export const SESSION = `
PATH=$1 work=$2
export PATH
shift 2
cd -- "$work"
umask 022
exec 3<&0 </dev/null 2>/dev/null
trap : INT
(
  trap '' INT
  read -r line <&3
  # Not by the colon, which ends this shell where the directory is gone.
  echo >abandoned
  kill -INT -$$
  for second in 1 2 3 4 5 6 7 8 9 10; do
    read -r pid <pid && kill -KILL "$pid"
    sleep 1
  done
  kill -KILL -$$
) >/dev/null 2>&1 &
"$@" 2>&1 3<&-
status=$?
rm -f ${RESERVE}
echo $status >status
if [ -e abandoned ]; then
  chmod -R u+rwx "$work"
  rm -rf "$work"
fi >/dev/null 2>&1
kill -KILL -$$
`;

/**
 * Ends a session at once, and waits for that. Arguments: the work directory, the session's process.
 *
 * The session's own end can't be seen here, as nobody has asked for its status: its last word is.
 */
export const STOP = `
cd -- "$1"
kill -INT "-$2"
tries=0
until [ -e status ] || [ $tries -ge 30 ]; do
  read -r pid <pid && kill -KILL "$pid"
  tries=$((tries + 1))
  sleep 0.1 || sleep 1
done
kill -KILL "-$2"
`;

/** The files that fakeroot's state is loaded from and saved to, in the work directory. */
export const OLD_STATE = "state.old", NEW_STATE = "state.new";

/** A file in the work directory that fakeroot's state always has, whatever the script does. */
export const MARK = "pid";

/**
 * Runs a command under fakeroot.
 *
 * Saves the state through a pipe: with a plain file fakeroot waits until its daemon is no process
 * any more, which takes long or forever where process 1 does not care for orphans, as in many
 * containers. It then does not wait for what the daemon has yet to be told either; that is done here.
 *
 * The daemon opens the pipe twice, the first time without writing. As the state has at least one
 * line, there is no doubt which was the second.
 *
 * What fakeroot itself has to say goes to a file: once nobody reads our output any more, it would
 * die of it and leave its daemon.
 */
export const FAKEROOT = `
mkfifo state.pipe
(
  trap '' INT
  until [ -s state.part ]; do cat state.pipe >>state.part; done
  mv state.part ${NEW_STATE}
) &
reader=$!
trap : INT
load=
if [ -e ${OLD_STATE} ]; then load='-i ${OLD_STATE}'; fi
fakeroot $load -s state.pipe -- sh -c '
  exec 2>&4 4>&-
  echo $$ >${MARK}
  chown 0:0 ${MARK}
  "$@"
  status=$?
  rm -f ${RESERVE}
  ls -l / >/dev/null 2>&1
  exit $status
' sh "$@" 4>&2 2>fakeroot.log
status=$?
if [ -e pid ]; then
  (sleep 10; kill -KILL $reader) >/dev/null 2>&1 &
else
  kill -KILL $reader
  cat fakeroot.log
fi
# A trapped signal ends a wait early.
while kill -0 $reader 2>/dev/null; do wait $reader; done
exit $status
`;

/** Arguments: where to run, PATH, the shell, {@linkcode prelude}, and the name of the field. */
export const ENTER = `
[ -e pid ] || echo $$ >pid
cd -- "$1"
PATH=$2
export PATH
unset OLDPWD
exec "$3" -c "$4" "$5"
`;

/**
 * Under fakeroot: frees the program that follows of fakeroot's library, which has to work inside
 * and may not work with it. Arguments: that program, in which the word @ stands for the library's
 * path.
 */
export const OUTSIDE = `
library=$LD_PRELOAD
case $library in
  /*) ;;
  *)
    IFS=:
    for directory in $LD_LIBRARY_PATH; do
      if [ -r "$directory/$LD_PRELOAD" ]; then
        library=$directory/$LD_PRELOAD
        break
      fi
    done
    unset IFS
    ;;
esac
unset LD_PRELOAD LD_LIBRARY_PATH
count=$#
while [ $count -gt 0 ]; do
  word=$1
  shift
  case $word in @*) word=$library\${word#@} ;; esac
  set -- "$@" "$word"
  count=$((count - 1))
done
exec "$@"
`;

/** Inside: fakeroot's library again. Arguments: PATH, the shell, the prelude, the field's name. */
export const INSIDE = `
cd /
PATH=$1 LD_PRELOAD=${BROUGHT}/library TMPDIR=${BROUGHT}/tmp
export PATH LD_PRELOAD TMPDIR
unset OLDPWD PROOT_TMP_DIR
exec "$2" -c "$3" "$4"
`;

/**
 * In a mount namespace of our own: makes the new root and goes there. Arguments: the root, the
 * store's directory (or nothing), what we brought, fakeroot's library, and what to run inside.
 */
export const MOUNT = `
set -e
root=$1 store=$2 brought=$3 library=$4
shift 4
# A Nix build sees no /sys.
for place in dev proc sys; do
  if [ -d "/$place" ]; then mount --rbind "/$place" "$root/$place"; fi
done
if [ "$store" ]; then mount --rbind "$store" "$root/nix/store"; fi
mount --bind "$brought" "$root${BROUGHT}"
mount --bind "$library" "$root${BROUGHT}/library"
# Not for the script to change, even if it could: root runs it with root's rights over files.
for place in dev sys nix/store; do
  mount -o remount,bind,ro "$root/$place" 2>/dev/null || :
done
exec chroot "$root" "$@"
`;

/** Whether {@linkcode MOUNT} can work. Argument: the work directory. */
export const TRY_NAMESPACE = `
mkdir -p "$1/try"
exec unshare --user --map-root-user --mount sh -ec '
  for place in dev proc sys; do
    if [ -d "/$place" ]; then mount --rbind "/$place" "$1/try"; fi
  done
  exec chroot / true
' sh "$1"
`;

/**
 * Whether proot redirects the system calls that programs of today use (statx, renameat2). One that
 * does not lets them see and change the host's files. Argument: the work directory.
 */
export const TRY_PROOT = `
mkdir -p "$1/try"
: >"$1/try/a"
PROOT_TMP_DIR=$1 proot -b "$1/try:/.nix-image-try" sh -ec '
  ls -l /.nix-image-try/a
  mv /.nix-image-try/a /.nix-image-try/b
' >/dev/null
[ -f "$1/try/b" ]
`;

/** A name for what is brought: the files that {@linkcode prelude} writes. */
export const STARTED = "started", FAILED = "failed";

/**
 * Sources the script so that it keeps its line numbers, with errexit, and notes in the file
 * `failed` with which status and at which line it ended.
 *
 * bash tells by an ERR trap and an `exit` of ours, so that the script's own EXIT trap is free; other
 * shells (which may have no LINENO) by an EXIT trap.
 */
export function prelude(directory: string, field: string): string {
  const script = quoted(`${directory}/${field}`), failed = quoted(`${directory}/${FAILED}`);
  const inBash = `
__nix_image_failed() {
  local status=$1 line=$2 frame
  for ((frame = 1; frame < \${#BASH_SOURCE[@]}; frame++)); do
    if [[ \${BASH_SOURCE[frame]} == ${script} ]]; then
      echo "$status $line" 2>/dev/null >|${failed}
      return 0
    fi
    line=\${BASH_LINENO[frame]}
  done
}
exit() {
  local status=$?
  __nix_image_failed "\${1-$status}" "$LINENO"
  builtin exit "\${@-$status}"
}
set -E
trap '__nix_image_failed "$?" "$LINENO"' ERR`;
  return `
: >${quoted(`${directory}/${STARTED}`)}
if [ -n "\${BASH_VERSION-}" ]; then
eval ${quoted(inBash)}
else
trap 'echo "$? \${LINENO-}" 2>/dev/null >${failed.replaceAll("'", "'\\''")}' EXIT
fi
set -e
. ${script}
`;
}
