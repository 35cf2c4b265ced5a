# What the functions take from nixpkgs. Without it, each is an error that says which to give.
pkgs:
let
  # Those that run in builds, and those that images have.
  build = pkgs.buildPackages;
  host = pkgs;

  # Without these there is another way, or it is not needed.
  optional = {
    inherit (build)
      pigz
      zstd
      xz
      bzip2
      ;
  };

  needed = {
    inherit (build)
      deno
      esbuild
      bash
      fakeroot
      nix
      proot
      skopeo
      util-linux
      ;
    inherit (host)
      bashInteractive
      coreutils
      cacert
      shadow
      runtimeShell
      ;
    certificates = build.cacert;
    path = build.stdenv.initialPath;
    qemu = build.qemu_kvm;
    kernel = host.linux;
    modules = "${host.linux}/lib/modules/${host.linux.modDirVersion}";
    machineTools = [
      build.pkgsStatic.busybox
      build.e2fsprogs
      build.xz
      build.zstd
    ];
  };
in
if pkgs != null then
  optional // needed
else
  builtins.mapAttrs (_: _: null) optional
  // builtins.mapAttrs (
    name: _: throw "nix-image: ${name} is needed here; give it to nix/default.nix, or pkgs (nixpkgs)"
  ) needed
