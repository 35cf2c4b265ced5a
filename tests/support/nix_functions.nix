# The functions of nix/default.nix with stand-ins for what they take from nixpkgs: small programs of a
# static busybox, and Deno and other programs from this machine.
{
  # Of denoInStore in store_deno.ts.
  executable,
  # Store paths with Debian packages, by name.
  debian,
  # Where Debian's Nix finds those of other packages, in its closure.
  nixLibraries,
  # A kernel and its modules in the store.
  kernel,
  modules,
  # The program as `deno task bundle` makes it.
  program,
  # Where busybox is.
  directory,
}:
let
  fixtures = import ./fixtures.nix { inherit directory; };
  busybox = "${fixtures.busybox}/bin/busybox";
  packages = builtins.mapAttrs (_: builtins.storePath) debian;

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
          for applet in cat chmod ln mkdir; do
            eval "$applet() { ${busybox} $applet \"\$@\"; }"
          done
          mkdir -p $out/bin
          ${script}
        ''
      ];
    };

  # The programs of these Debian packages, where those of nixpkgs are.
  programs =
    names:
    build (builtins.head names) ''
      for package in ${toString (map (name: packages.${name}) names)}; do
        for file in $package/usr/bin/* $package/usr/sbin/*; do
          if [ -e $file ]; then ln -s $file $out/bin; fi
        done
      done
    '';

  # Programs that are busybox under other names.
  applets =
    name: names:
    build name ''
      for name in ${toString names}; do ln -s ${busybox} $out/bin/$name; done
    '';

  deno = build "deno" ''
    cat ${builtins.storePath executable} > $out/bin/deno
    chmod +x $out/bin/deno
    : ${packages.libc6} ${packages.libgcc-s1}
  '';

  bash = build "bash" ''
    ln -s ${packages.bash}/usr/bin/bash $out/bin/bash
    ln -s ${packages.bash}/usr/bin/bash $out/bin/sh
  '';

  # Debian's is a script that looks for its parts in /usr.
  fakeroot = build "fakeroot" ''
    cat > $out/bin/fakeroot <<'END'
    #!${bash}/bin/bash
    PATH=${packages.util-linux}/usr/bin:${packages.sed}/usr/bin:$PATH
    from=${packages.fakeroot}/usr
    for library in ${packages.libfakeroot}/usr/lib/*/libfakeroot/libfakeroot-sysv.so; do :; done
    . $from/bin/fakeroot-sysv --lib "$library" --faked $from/bin/faked-sysv "$@"
    END
    chmod +x $out/bin/fakeroot
  '';

  # Debian's looks for libraries of its own in /usr/lib/nix.
  nix = build "nix" ''
    cat > $out/bin/nix-store <<'END'
    #!${bash}/bin/bash
    LD_LIBRARY_PATH=${packages.nix-bin}/usr/lib/nix:${nixLibraries} exec ${packages.nix-bin}/usr/bin/nix-store "$@"
    END
    chmod +x $out/bin/nix-store
  '';

  # Debian's looks for its modules and the firmware in /usr.
  qemu = build "qemu" ''
    cat > $out/bin/qemu-system-x86_64 <<'END'
    #!${bash}/bin/bash
    for module in ${packages.qemu-system-common}/usr/lib/*/qemu; do :; done
    export QEMU_MODULE_DIR=$module
    exec ${packages.qemu-system-x86}/usr/bin/qemu-system-x86_64 \
      -L ${packages.qemu-system-data}/usr/share/qemu -L ${packages.seabios}/usr/share/seabios "$@"
    END
    chmod +x $out/bin/qemu-system-x86_64
  '';

  given = {
    inherit
      program
      deno
      bash
      fakeroot
      nix
      qemu
      ;
    inherit (fixtures) cacert;
    path = [
      (programs [
        "coreutils"
        "tar"
      ])
    ];
    util-linux = programs [ "util-linux" "mount" ];
    proot = programs [ "proot" ];
    shadow = programs [ "passwd" ];
    skopeo = programs [ "skopeo" ];
    pigz = programs [ "pigz" ];
    zstd = programs [ "zstd" ];
    kernel = builtins.storePath kernel;
    modules = builtins.storePath modules;
    machineTools = [
      fixtures.busybox
      (programs [ "e2fsprogs" ])
      (programs [ "xz-utils" ])
    ];
    # The machine does without KVM here.
    machineFeatures = [ ];
    coreutils = shell;
    bashInteractive = shell;
    runtimeShell = "${bash}/bin/bash";
  };

  # What images have for a shell and for commands.
  shell = applets "shell" [
    "bash"
    "cat"
    "env"
    "id"
    "ls"
    "sh"
    "stat"
  ];
in
{
  inherit
    fixtures
    build
    shell
    given
    ;
  # Derivations for nix-shell images.
  shellFixtures = import ./shell_fixtures.nix { inherit (debian) bash coreutils; };
  functions = import ../../nix given;
  # The program as nix/default.nix makes it, with this esbuild and these npm packages.
  bundled =
    { esbuild, packages }:
    import ../../nix/bundle.nix {
      inherit deno packages;
      system = builtins.currentSystem;
      esbuild = build "esbuild" ''
        cat ${esbuild} > $out/bin/esbuild
        chmod +x $out/bin/esbuild
      '';
    };
  # For a machine of another architecture, on which nothing of this one runs.
  crossFunctions = import ../../nix (given // { hostSystem = "aarch64-linux"; });
}
