# The store paths of the integration tests: small stand-ins for nixpkgs' packages, built with a
# static busybox and nothing else.
{
  directory ? /usr/bin,
}:
let
  static = builtins.path {
    name = "busybox-static";
    path = directory;
    filter = path: _: baseNameOf path == "busybox";
  };
  sh = "${static}/busybox sh";

  build =
    name: script:
    derivation {
      inherit name;
      system = builtins.currentSystem;
      builder = "${static}/busybox";
      args = [
        "sh"
        "-euc"
        ''
          for applet in cat chmod head ln mkdir; do
            eval "$applet() { ${static}/busybox $applet \"\$@\"; }"
          done
          ${script}
        ''
      ];
      PATH = "/bin";
      allowSubstitutes = false;
      preferLocalBuild = true;
    };

  program = name: text: build name ''
    mkdir -p $out/bin
    cat > $out/bin/${name} <<'END'
    #!${sh}
    ${text}
    END
    chmod +x $out/bin/${name}
  '';
in
rec {
  busybox = build "busybox" ''
    mkdir -p $out/bin
    cat ${static}/busybox > $out/bin/busybox
    chmod +x $out/bin/busybox
  '';

  cacert = build "cacert" ''
    mkdir -p $out/etc/ssl/certs
    echo "a certificate" > $out/etc/ssl/certs/ca-bundle.crt
  '';

  # What activating NixOS' etc does: links through /etc/static, made in the root it runs in.
  etcActivation =
    let
      etc = build "etc" ''
        mkdir -p $out/etc
        echo "some text" > $out/etc/some-config-file
      '';
    in
    program "activate" ''
      ${static}/busybox mkdir -p /etc
      ${static}/busybox ln -s ${etc}/etc /etc/static
      ${static}/busybox ln -s static/some-config-file /etc/some-config-file
    '';

  message = build "message" ''echo "Hello, world!" > $out'';

  hello = program "hello" ''exec ${static}/busybox cat ${message}'';

  bash = program "bash" ''
    [ "''${1-}" != --version ] || exec echo "stand-in for bash"
    exec ${sh} "$@"
  '';

  # The commands that the tests call in a container, and /bin/sh.
  coreutils = build "coreutils" ''
    mkdir -p $out/bin
    for name in cat date env find id ls readlink sh sleep stat touch; do
      ln -s ${static}/busybox $out/bin/$name
    done
  '';

  # A link within one directory, as nix-daemon is one to nix.
  nix = build "nix" ''
    mkdir -p $out/bin
    echo "#!${sh}" > $out/bin/nix
    chmod +x $out/bin/nix
    ln -s nix $out/bin/nix-daemon
  '';

  # A store path that itself is a symbolic link.
  symlink = build "symlink" ''ln -s ${hello} $out'';

  # A store path that refers to itself.
  itself = build "itself" ''echo $out ${hello} > $out'';

  users = build "users" ''
    mkdir -p $out/etc
    echo root:x:0:0:root:/root:/bin/sh > $out/etc/passwd
    echo somebody:x:999:999:somebody:/:/bin/sh >> $out/etc/passwd
    echo root:x:0: > $out/etc/group
    echo somebody:x:999: >> $out/etc/group
  '';

  # Two paths that collide with each other, with all that a symlink farm meets.
  farmFirst = build "farm-first" ''
    mkdir -p $out/share/both $out/share/empty $out/etc
    echo first > $out/share/both/same
    echo first > $out/share/both/first
    ln -s both/same $out/share/relative
    ln -s ${message} $out/share/absolute
    ln -s nowhere $out/share/dangling
    ln -s both $out/share/linked-directory
    echo ".hidden" > $out/.hidden
  '';
  farmSecond = build "farm-second" ''
    mkdir -p $out/share/both $out/share/zoo/deep/deeper
    echo second > $out/share/both/same
    echo second > $out/share/both/second
    echo second > $out/share/relative
    echo leaf > $out/share/zoo/deep/deeper/leaf
    long=name
    while [ ''${#long} -lt 120 ]; do long=$long-$long; done
    echo "a long name" > $out/share/zoo/$long
  '';

  # Content that does not fit in the buffers of a pipe.
  big = build "big" ''
    mkdir -p $out
    for name in a b c d; do head -c 8388608 /dev/zero > $out/$name; done
  '';
}
