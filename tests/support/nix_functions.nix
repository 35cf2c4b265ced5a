# The functions of nix/default.nix with stand-ins for what they take from nixpkgs: small programs of a
# static busybox, and Deno from this machine.
{
  # Of denoInStore in store_deno.ts.
  executable,
  libraries,
  # The program as `deno task bundle` makes it.
  program,
  # Where busybox is.
  directory,
  # Further arguments of nix/default.nix.
  overrides ? _: { },
}:
let
  fixtures = import ./fixtures.nix { inherit directory; };
  busybox = "${fixtures.busybox}/bin/busybox";

  build =
    name: script:
    derivation {
      inherit name;
      system = builtins.currentSystem;
      builder = busybox;
      args = [
        "sh"
        "-euc"
        ''
          mkdir() { ${busybox} mkdir "$@"; }
          cat() { ${busybox} cat "$@"; }
          chmod() { ${busybox} chmod "$@"; }
          ln() { ${busybox} ln "$@"; }
          ${script}
        ''
      ];
    };

  # Programs that are busybox under other names.
  applets =
    name: names:
    build name ''
      mkdir -p $out/bin
      for name in ${toString names}; do ln -s ${busybox} $out/bin/$name; done
    '';

  deno = build "deno" ''
    mkdir -p $out/bin
    cat ${builtins.storePath executable} > $out/bin/deno
    chmod +x $out/bin/deno
    : ${toString (map builtins.storePath libraries)}
  '';

  bash = build "bash" ''
    mkdir -p $out/bin
    printf '#!${busybox} sh\nexec ${busybox} sh "$@"\n' > $out/bin/bash
    chmod +x $out/bin/bash
    ln -s ${busybox} $out/bin/sh
  '';

  coreutils = applets "coreutils" [
    "cat"
    "chmod"
    "chown"
    "cp"
    "date"
    "echo"
    "env"
    "id"
    "ln"
    "ls"
    "mkdir"
    "mv"
    "readlink"
    "rm"
    "sleep"
    "stat"
    "touch"
    "true"
    "uname"
  ];

  stand-ins = {
    inherit
      program
      deno
      bash
      coreutils
      ;
    inherit (fixtures) cacert;
    bashInteractive = bash;
    runtimeShell = "${bash}/bin/bash";
    path = [ coreutils ];
  };
in
{
  inherit
    fixtures
    build
    applets
    stand-ins
    bash
    coreutils
    ;
  functions = import ../../nix (stand-ins // overrides { inherit fixtures build applets; });
}
