# From arguments to a spec in the store, its reference graph, and how the program is run on both.
{
  arguments,
  tools,
  hostSystem,
  bash,
  path,
  fakeroot,
  proot,
  util-linux,
  nix,
  qemu,
  kernel,
  modules,
  machineTools,
  machineFeatures,
  zstd,
  xz,
  bzip2,
}:
let
  inherit (builtins) filter removeAttrs;

  lower = [ "a" "b" "c" "d" "e" "f" "g" "h" "i" "j" "k" "l" "m" "n" "o" "p" "q" "r" "s" "t" "u" "v" "w" "x" "y" "z" ];
  upper = [ "A" "B" "C" "D" "E" "F" "G" "H" "I" "J" "K" "L" "M" "N" "O" "P" "Q" "R" "S" "T" "U" "V" "W" "X" "Y" "Z" ];

  # The hash in a store path.
  hashOf =
    drv: builtins.substring 0 32 (baseNameOf (builtins.unsafeDiscardStringContext drv.outPath));

  isScript = script: script != null && script != "";

  lowered = builtins.replaceStrings upper lower;
in
rec {
  inherit lowered;

  # What is said of an image with the spec `conf`, and with what the program is run on it; a null
  # tag becomes the hash of the spec's store path.
  planned =
    {
      name,
      tag,
      conf,
      words ? [ ],
      path ? [ ],
      env ? { },
    }:
    let
      imageName = lowered name;
      imageTag = if tag == null then hashOf conf else tag;
      baseName = baseNameOf name;
      graph = tools.referenceGraph "${baseName}-graph.json" conf;
    in
    {
      inherit
        imageName
        imageTag
        baseName
        path
        env
        ;
      conf = conf // {
        inherit imageName imageTag;
      };

      # Arguments of the program, after the verb.
      words = [
        "${conf}"
        "--closure"
        "${graph}"
      ]
      ++ words;
      naming = [
        "--repo-tag"
        "${imageName}:${imageTag}"
      ];
    };

  # `args` are fields of the spec.
  makeSpec =
    {
      type,
      args,
    }:
    let
      has = field: isScript ((args // args.spec or { }).${field} or null);
      asRoot = has "runAsRoot";
      hasScripts = asRoot || has "extraCommands" || has "fakeRootCommands";

      # What is null is as if it were not there.
      given = removeAttrs args (
        [
          "tag"
          "spec"
        ]
        ++ filter (name: args.${name} == null) (builtins.attrNames args)
      );

      # The tag is given with the name, when the program runs.
      fields =
        {
          architecture = hostSystem;
        }
        // given
        // args.spec or { }
        // {
          inherit type;
        }
        // (
          if hasScripts then
            {
              shell = "${bash}/bin/bash";
              path = map (package: "${package}/bin") path;
            }
          else
            { }
        );
    in
    planned {
      inherit (args) name;
      tag = args.tag or null;
      conf = tools.writeText "${baseNameOf args.name}-conf.json" (builtins.toJSON fields);
      words =
        if asRoot then
          [
            "--kernel"
            "${kernel}"
            "--modules"
            "${modules}"
          ]
        else
          [ ];

      # What these runs find on their PATH.
      path =
        (if hasScripts then [ bash ] ++ path else [ ])
        ++ (if has "fakeRootCommands" then [ fakeroot ] else [ ])
        ++ (
          if args.enableFakechroot or false then
            [
              proot
              util-linux
            ]
          else
            [ ]
        )
        ++ (if args.includeNixDB or false then [ nix ] else [ ])
        ++ (if asRoot then [ qemu ] ++ machineTools else [ ])
        ++ (
          if args.fromImage or null == null then
            [ ]
          else
            filter (package: package != null) [
              zstd
              xz
              bzip2
            ]
        );
      env = if asRoot then { requiredSystemFeatures = machineFeatures; } else { };
    };
}
