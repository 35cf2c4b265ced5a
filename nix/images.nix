# buildImage, buildLayeredImage, streamLayeredImage and what is made of them.
{
  arguments,
  tools,
  specs,
  makeOverridable,
  bash,
  program,
  pigz,
  zstd,
}:
let
  inherit (builtins) removeAttrs;

  compressors = {
    gz = {
      extension = ".gz";
      package = pigz;
    };
    none = {
      extension = "";
      package = null;
    };
    zstd = {
      extension = ".zst";
      package = zstd;
    };
  };

  compressorOf =
    name: compressor:
    compressors.${toString compressor}
      or (throw "in docker image ${name}: compressor must be one of: [${toString (builtins.attrNames compressors)}]");

  own = [
    "passthru"
    "meta"
    "debug"
  ];

  common = with arguments; {
    name = imageName;
    tag = imageTag;
    fromImage = orNull path;
    config = orNull attrs;
    architecture = string;
    created = time;
    extraCommands = string;
    uid = natural;
    gid = natural;
    includeNixDB = bool;
    meta = attrs;
  };

  layeredTypes =
    common
    // (with arguments; {
      contents = orNull paths;
      mtime = time;
      uname = string;
      gname = string;
      maxLayers = int;
      layeringPipeline = orNull any;
      fakeRootCommands = string;
      enableFakechroot = bool;
      includeStorePaths = bool;
      passthru = attrs;
      debug = bool;
    });

  singleTypes =
    common
    // (with arguments; {
      fromImageName = orNull string;
      fromImageTag = orNull string;
      copyToRoot = orNull paths;
      contents = orNull paths;
      keepContentsDirlinks = bool;
      runAsRoot = orNull string;
      diskSize = orNull positive;
      buildVMMemorySize = positive;
    });

  # The arguments without those that the spec does not have, or has as nothing at all.
  specArguments =
    nullable: args:
    removeAttrs args (
      own ++ builtins.filter (name: args ? ${name} && args.${name} == null) nullable
    );

  quoted = word: "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] word}'";

  streamLayeredImage = makeOverridable (
    {
      name,
      tag ? null,
      fromImage ? null,
      contents ? [ ],
      config ? { },
      architecture ? null,
      created ? "1970-01-01T00:00:01Z",
      mtime ? "1970-01-01T00:00:01Z",
      uid ? 0,
      gid ? 0,
      uname ? "root",
      gname ? "root",
      maxLayers ? 100,
      layeringPipeline ? null,
      extraCommands ? "",
      fakeRootCommands ? "",
      enableFakechroot ? false,
      includeStorePaths ? true,
      includeNixDB ? false,
      passthru ? { },
      meta ? { },
      debug ? false,
    }@args:
    let
      checked = arguments.check "streamLayeredImage" layeredTypes args (
        if maxLayers > 1 then
          args
        else
          throw "the maxLayers argument of dockerTools.buildLayeredImage function must be greather than 1 (current value: ${toString maxLayers})"
      );
      spec = specs.makeSpec {
        type = "layered";
        args = specArguments [ "contents" "config" "layeringPipeline" ] checked;
      };
      words =
        tools.command
        ++ [
          "stream"
          "--tar"
        ]
        ++ spec.words
        ++ spec.naming;
      inherit (spec) imageName imageTag conf;
      attributes = {
        inherit imageTag conf;
        streamScript = program;
        isExe = true;
      };
    in
    tools.writeFiles "stream-${spec.baseName}" [
      {
        path = "";
        executable = true;
        text = ''
          #!${bash}/bin/bash
          # Writes the image ${imageName}:${imageTag} to standard output.
          export PATH=${
            quoted (builtins.concatStringsSep ":" (map (package: "${package}/bin") spec.path))
          }
          exec ${builtins.concatStringsSep " " (map quoted words)} "$@"
        '';
      }
    ]
    // attributes
    // passthru
    // {
      inherit imageName meta spec;
      passthru = passthru // attributes;
    }
  );

  buildLayeredImage = makeOverridable (
    {
      name,
      compressor ? "gz",
      meta ? { },
      ...
    }@args:
    let
      stream = streamLayeredImage (
        removeAttrs args [
          "compressor"
          "meta"
        ]
      );
      inherit (stream) spec imageTag;
      inherit (compressorOf name compressor) extension package;
      attributes = {
        inherit imageTag stream;
      };
    in
    tools.runProgram {
      name = "${spec.baseName}.tar${extension}";
      args = [
        "build"
        "--output"
        tools.out
        "--compressor"
        compressor
      ]
      ++ spec.words
      ++ spec.naming;
      path = spec.path ++ (if package == null then [ ] else [ package ]);
      inherit (spec) env;
    }
    // stream.passthru
    // attributes
    // {
      inherit meta;
      passthru = stream.passthru // attributes;
    }
  );
in
{
  inherit streamLayeredImage buildLayeredImage;
}
