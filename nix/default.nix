# The functions of nixpkgs' dockerTools, made by nix-image: the same arguments, defaults and
# attributes. docs/nix.md tells how to use them. Nothing here is evaluated before it is needed, so
# that without nixpkgs only those programs have to be given that an image calls for.
{
  # nixpkgs, which has all that is missing below.
  pkgs ? null,
  packages ? import ./packages.nix pkgs,
  # Where derivations are built.
  system ? if pkgs == null then builtins.currentSystem else pkgs.stdenv.buildPlatform.system,
  # What images are for, unless they say so.
  hostSystem ? if pkgs == null then system else pkgs.stdenv.hostPlatform.system,

  # What the program runs on; and what bundles it, where `deno task bundle` has not done so.
  deno ? packages.deno,
  esbuild ? packages.esbuild,
  # The program in one file.
  program ?
    if builtins.pathExists ../dist/nix-image.js then
      ../dist/nix-image.js
    else
      import ./bundle.nix { inherit system deno esbuild; },

  # The shell of scripts, and the packages with what else they find on their PATH.
  bash ? packages.bash,
  path ? packages.path,
  # For fakeRootCommands, and with enableFakechroot.
  fakeroot ? packages.fakeroot,
  proot ? packages.proot,
  util-linux ? packages.util-linux,
  # For includeNixDB.
  nix ? packages.nix,
  # For runAsRoot: the machine, and packages with a static busybox, mke2fs and xz.
  qemu ? packages.qemu,
  kernel ? packages.kernel,
  modules ? packages.modules,
  machineTools ? packages.machineTools,
  # What a builder must have to run it.
  machineFeatures ? [ "kvm" ],
  # Compressors. Without pigz and zstd the program compresses by itself; without the others, it
  # can not read base images of theirs.
  pigz ? packages.pigz,
  zstd ? packages.zstd,
  xz ? packages.xz,
  bzip2 ? packages.bzip2,
  # For pullImage and nix-prefetch-docker.
  skopeo ? packages.skopeo,
  certificates ? packages.certificates,

  # For images: nix-shell images, binSh, usrBinEnv, caCertificates, shadowSetup.
  bashInteractive ? packages.bashInteractive,
  coreutils ? packages.coreutils,
  cacert ? packages.cacert,
  shadow ? packages.shadow,
  runtimeShell ? packages.runtimeShell,
}:
let
  tools = import ./tools.nix { inherit system deno program; };
  arguments = import ./arguments.nix;
  inherit (import ./overridable.nix) makeOverridable;

  specs = import ./specs.nix {
    inherit
      arguments
      tools
      hostSystem
      bash
      path
      fakeroot
      proot
      util-linux
      nix
      qemu
      kernel
      modules
      machineTools
      machineFeatures
      zstd
      xz
      bzip2
      ;
  };

  outputs = import ./outputs.nix {
    inherit
      tools
      bash
      program
      pigz
      zstd
      ;
  };

  layers = import ./layers.nix { inherit arguments tools specs; };
in
import ./images.nix {
  inherit
    arguments
    specs
    outputs
    layers
    makeOverridable
    ;
}
// import ./shell.nix {
  inherit
    arguments
    tools
    specs
    outputs
    makeOverridable
    bashInteractive
    coreutils
    cacert
    ;
}
// {
  inherit (layers) mkPureLayer mkRootLayer;

  # The program itself.
  nix-image = tools.writePackage "nix-image" bash [ ] "exec \"$NIX_IMAGE\" \"$@\"\n";
}
// import ./archives.nix {
  inherit
    arguments
    tools
    hostSystem
    bash
    skopeo
    certificates
    pigz
    zstd
    xz
    bzip2
    ;
}
// import ./helpers.nix {
  inherit
    arguments
    tools
    system
    makeOverridable
    bash
    path
    bashInteractive
    coreutils
    cacert
    shadow
    runtimeShell
    ;
}
