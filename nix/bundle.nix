# The program in one file, made of its source and of the npm packages in deno.lock.
{
  system,
  deno,
  esbuild,
  # Where the npm packages are, if not in their registry.
  packages ? { },
}:
let
  lock = builtins.fromJSON (builtins.readFile ../deno.lock);

  # Such as commander@15.1.0.
  lockedAs =
    name:
    builtins.head (
      builtins.filter (key: builtins.substring 0 (builtins.stringLength name + 1) key == "${name}@") (
        builtins.attrNames lock.npm
      )
    );
  versionOf =
    name:
    let
      key = lockedAs name;
    in
    builtins.substring (builtins.stringLength name + 1) (builtins.stringLength key) key;

  fetch =
    name:
    import <nix/fetchurl.nix> {
      url = "https://registry.npmjs.org/${name}/-/${name}-${versionOf name}.tgz";
      hash = lock.npm.${lockedAs name}.integrity;
    };

  unpack =
    name: src:
    "${
      derivation {
        name = "${name}-${versionOf name}";
        builder = "builtin:unpack-channel";
        system = "builtin";
        inherit src;
        channelName = "package";
      }
    }/package";

  package = name: packages.${name} or (unpack name (fetch name));

  source = builtins.path {
    name = "nix-image-source";
    path = ../.;
    filter =
      path: _:
      let
        inside = builtins.substring (builtins.stringLength (toString ../.) + 1) (-1) path;
      in
      builtins.elem inside [
        "cli.ts"
        "deno.json"
        "src"
      ]
      || builtins.substring 0 4 inside == "src/";
  };
in
derivation {
  name = "nix-image.js";
  inherit system;
  builder = "${deno}/bin/deno";
  args = [
    "run"
    "--no-config"
    "--no-lock"
    "--no-remote"
    "--no-npm"
    "--no-prompt"
    "--quiet"
    "--allow-read"
    "--allow-write"
    "--allow-run"
    ./bundle.js
    source
    "${esbuild}/bin/esbuild"
    (builtins.placeholder "out")
    # The package that the source names adds types to it alone.
    "commander=${package "commander"}/index.js"
    "zod=${package "zod"}/index.js"
  ];
}
