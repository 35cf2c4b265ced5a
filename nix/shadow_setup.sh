# What useradd, groupadd and the like need in /etc; only what is absent is made.
# Their programs must be on PATH. Set SHADOW_SETUP_ROOT for another root directory than /,
# and SHADOW_SETUP_SHELL for root's shell if that is not /bin/sh.
(
  set -eu
  etc=${SHADOW_SETUP_ROOT:-}/etc

  # make MASK FILE TEXT
  make() {
    if [ -e "$etc/$2" ] || [ -h "$etc/$2" ]; then return 0; fi
    umask "$1"
    printf %s "$3" > "$etc/$2"
  }

  umask 022
  mkdir -p "$etc/pam.d"
  make 022 passwd "root:x:0:0::/root:${SHADOW_SETUP_SHELL:-/bin/sh}
"
  make 077 shadow 'root:!x:::::::
'
  make 022 group 'root:x:0:
'
  make 077 gshadow 'root:x::
'
  make 022 pam.d/other 'account sufficient pam_unix.so
auth sufficient pam_rootok.so
password requisite pam_unix.so nullok yescrypt
session required pam_unix.so
'
  make 022 login.defs ''
)
