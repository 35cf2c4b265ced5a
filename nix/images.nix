# buildImage, buildLayeredImage, streamLayeredImage and what differs from them in an argument or two.
{
  arguments,
  specs,
  outputs,
  layers,
  makeOverridable,
}:
let
  inherit (builtins) removeAttrs;
  inherit (outputs) archive compressorOf streamOf;

  # What streamLayeredImage and buildLayeredImage have in common: the spec, and what both say of it.
  planLayered =
    function:
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
      debug ? false,
      spec ? { },
    }@args:
    let
      checked = arguments.check function arguments.layered args (
        if maxLayers > 1 then
          args
        else
          throw "the maxLayers argument of dockerTools.${function} function must be greater than 1 (current value: ${toString maxLayers})"
      );
    in
    specs.makeSpec {
      type = "layered";
      args = removeAttrs checked [
        "passthru"
        "debug"
      ];
    };

  streamLayeredImage = makeOverridable (
    {
      passthru ? { },
      meta ? { },
      ...
    }@args:
    let
      checked = arguments.check "streamLayeredImage" { meta = arguments.attrs; } args args;
    in
    streamOf {
      planned = planLayered "streamLayeredImage" (removeAttrs checked [ "meta" ]);
      inherit passthru meta;
    }
  );

  buildLayeredImage = makeOverridable (
    {
      name,
      compressor ? "gz",
      passthru ? { },
      meta ? { },
      ...
    }@args:
    let
      checked = arguments.check "buildLayeredImage" { meta = arguments.attrs; } args args;
      planned = planLayered "buildLayeredImage" (
        removeAttrs checked [
          "compressor"
          "meta"
        ]
      );
      stream = streamOf {
        inherit planned passthru;
        meta = { };
      };
      attributes = removeAttrs stream.passthru [ "isExe" ] // {
        inherit stream;
      };
    in
    archive planned {
      name = planned.baseName;
      inherit compressor;
      inherit (compressorOf name compressor) extension packages;
    }
    // attributes
    // {
      inherit (planned) imageName;
      inherit meta;
      passthru = attributes;
    }
  );

  buildImage = makeOverridable (
    {
      name,
      tag ? null,
      fromImage ? null,
      fromImageName ? null,
      fromImageTag ? null,
      copyToRoot ? null,
      contents ? null,
      keepContentsDirlinks ? false,
      config ? null,
      architecture ? null,
      extraCommands ? "",
      uid ? 0,
      gid ? 0,
      runAsRoot ? null,
      diskSize ? null,
      buildVMMemorySize ? 512,
      created ? "1970-01-01T00:00:01Z",
      compressor ? "gz",
      includeNixDB ? false,
      meta ? { },
      spec ? { },
    }@args:
    let
      checked = arguments.check "buildImage" arguments.single args (
        if contents == null then
          args
        else if copyToRoot != null then
          throw "in docker image ${name}: You can not specify both contents and copyToRoot."
        else
          builtins.trace
            "warning: in docker image ${name}: The contents parameter is deprecated. Change it to copyToRoot."
            (removeAttrs args [ "contents" ] // { copyToRoot = contents; })
      );
      fields = removeAttrs checked [
        "compressor"
        "meta"
      ];
      planned = specs.makeSpec {
        type = "single";
        args = fields;
      };
      attributes = {
        buildArgs = args;
        inherit (planned) imageTag;
        layer = layers.layerOf planned;
      };
    in
    archive planned {
      name = "docker-image-${planned.baseName}";
      inherit compressor;
      inherit (compressorOf name compressor) extension packages;
    }
    // attributes
    // {
      inherit (planned) imageName;
      inherit meta;
      passthru = attributes;
    }
  );
in
{
  inherit streamLayeredImage buildLayeredImage buildImage;

  buildImageWithNixDb = args: buildImage (args // { includeNixDB = true; });
  buildLayeredImageWithNixDb = args: buildLayeredImage (args // { includeNixDB = true; });

  # makes' function of that name.
  makeContainerImage =
    {
      config ? null,
      extraCommands ? "",
      layered ? true,
      layers ? [ ],
      maxLayers ? 65,
      runAsRoot ? null,
    }@args:
    let
      checked = arguments.check "makeContainerImage" {
        config = arguments.orNull arguments.attrs;
        extraCommands = arguments.string;
        layered = arguments.bool;
        layers = arguments.paths;
        maxLayers = arguments.int;
        runAsRoot = arguments.orNull arguments.string;
      } args true;
      shared = {
        name = "container-image";
        tag = "latest";
        inherit config extraCommands;
      };
    in
    if !checked then
      null
    else if layered then
      buildLayeredImage (
        shared
        // {
          contents = layers;
          inherit maxLayers;
        }
        // (if runAsRoot == null then { } else { spec = { inherit runAsRoot; }; })
      )
    else
      buildImage (
        shared
        // {
          copyToRoot = layers;
          inherit runAsRoot;
        }
      );
}
