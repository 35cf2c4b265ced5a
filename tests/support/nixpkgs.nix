# As much of nixpkgs as nix/default.nix asks for when nothing is built.
rec {
  stdenv = {
    buildPlatform.system = "x86_64-linux";
    hostPlatform.system = "x86_64-linux";
    initialPath = [ "/coreutils" ];
  };
  deno = "/deno";
  esbuild = "/esbuild";
  bash = "/bash";
  pigz = "/pigz";
  zstd = "/zstd";
  xz = "/xz";
  bzip2 = "/bzip2";
  buildPackages = {
    inherit
      stdenv
      deno
      esbuild
      bash
      pigz
      zstd
      xz
      bzip2
      ;
  };
}
