# mkPureLayer and mkRootLayer: the layer that an image has for itself, in a directory.
{
  arguments,
  tools,
  specs,
}:
let
  # The layer of an image of one layer.
  layerOf =
    planned:
    tools.runProgram {
      name = "docker-layer-${planned.baseName}";
      args = [
        "layer"
        "--output"
        tools.out
      ]
      ++ planned.words;
      inherit (planned) path env;
    };

  planned =
    function: types: args:
    specs.makeSpec {
      type = "single";
      args = arguments.check function types args (builtins.removeAttrs args [ "baseJson" ]);
    };
in
{
  inherit layerOf;

  mkPureLayer =
    {
      name,
      baseJson ? null,
      copyToRoot ? null,
      keepContentsDirlinks ? false,
      extraCommands ? "",
      uid ? 0,
      gid ? 0,
    }@args:
    layerOf (planned "mkPureLayer" arguments.single args);

  mkRootLayer =
    {
      name,
      runAsRoot,
      baseJson ? null,
      copyToRoot ? null,
      keepContentsDirlinks ? false,
      diskSize ? null,
      buildVMMemorySize ? 512,
      fromImage ? null,
      fromImageName ? null,
      fromImageTag ? null,
      extraCommands ? "",
    }@args:
    layerOf (planned "mkRootLayer" arguments.single args);
}
