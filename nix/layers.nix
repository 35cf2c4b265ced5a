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
      args = arguments.check function types args (
        fromBaseJson function (args.baseJson or null) // builtins.removeAttrs args [ "baseJson" ]
      );
    };

  # What the layer's json says of the image, as buildImage's arguments.
  fromBaseJson =
    function: json:
    if json == null then
      { }
    else if builtins.isAttrs json && json ? drvPath then
      throw "${function}: baseJson is a derivation; give a file that is there, or a set with config, created and architecture"
    else
      let
        said = if builtins.isAttrs json then json else builtins.fromJSON (builtins.readFile json);
      in
      builtins.intersectAttrs {
        config = true;
        created = true;
        architecture = true;
      } said;
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
