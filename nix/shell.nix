# buildNixShellImage and streamNixShellImage: the environment of a derivation in an image.
{
  arguments,
  tools,
  specs,
  outputs,
  makeOverridable,
  bashInteractive,
  coreutils,
  cacert,
}:
let
  inherit (builtins) removeAttrs;

  # Nix has names with characters that an image's name can not have.
  imageNameOf =
    drv:
    let
      words = builtins.split "([^a-z0-9]+)" (specs.lowered "${drv.name}-env");
      isSeparator = text: builtins.match "[._]|__|-+" text != null;
      word =
        part:
        if builtins.isString part then
          part
        else
          let
            between = builtins.head part;
          in
          if isSeparator between then between else "-";
      # Without what is before the first letter or digit.
      named = if builtins.head words == "" then builtins.tail (builtins.tail words) else words;
    in
    builtins.concatStringsSep "" (map word named);

  plan =
    function:
    {
      drv,
      name ? imageNameOf drv,
      tag ? null,
      uid ? 1000,
      gid ? 1000,
      homeDirectory ? "/build",
      shell ? "${bashInteractive}/bin/bash",
      command ? null,
      run ? null,
    }@args:
    let
      checked = arguments.check function arguments.shell args (
        if drv.drvAttrs.__structuredAttrs or false then
          throw "streamNixShellImage: Does not work with the derivation ${drv.name} because it uses __structuredAttrs"
        else if command != null && run != null then
          throw "streamNixShellImage: Can't specify both command and run"
        else
          name
      );
      baseName = baseNameOf checked;

      # The file alone: its outputs are not built.
      file = builtins.unsafeDiscardOutputDependency drv.drvPath;

      option =
        name: value:
        if value == null then
          [ ]
        else
          [
            name
            "${value}"
          ];
      options =
        option "--shell" shell
        ++ option "--coreutils" coreutils
        ++ option "--cacert" cacert
        ++ option "--command" command
        ++ option "--run" run;

      # All that the derivation's attributes have in their context is an input of this one, too.
      inputs = tools.runScript {
        name = "${baseName}-inputs";
        script = ./write_inputs.js;
        args = [ file ];
        files = {
          needed = builtins.attrValues drv.drvAttrs;
          also = options;
        };
      };
    in
    specs.planned {
      name = checked;
      inherit tag;
      conf = tools.runProgram {
        name = "${baseName}-conf.json";
        args = [
          "shell"
          file
          "--closure"
          "${tools.referenceGraph "${baseName}-inputs.json" inputs}"
          "--output"
          tools.out
          "--name"
          (specs.lowered checked)
          "--uid"
          (toString uid)
          "--gid"
          (toString gid)
          "--home-directory"
          homeDirectory
        ]
        ++ options;
      };
    };

  streamOf =
    planned:
    outputs.streamOf {
      inherit planned;
      passthru = { };
      meta = { };
    };
in
{
  streamNixShellImage = makeOverridable (args: streamOf (plan "streamNixShellImage" args));

  buildNixShellImage = makeOverridable (
    {
      drv,
      compressor ? "gz",
      ...
    }@args:
    let
      planned = plan "buildNixShellImage" (removeAttrs args [ "compressor" ]);
      stream = streamOf planned;
      attributes = removeAttrs stream.passthru [ "isExe" ] // {
        inherit stream;
      };
    in
    assert arguments.check "buildNixShellImage" { inherit (arguments.shell) drv; } args true;
    outputs.archive planned {
      name = "${drv.name}-env";
      inherit compressor;
      inherit (outputs.compressorOf drv.name compressor) extension packages;
    }
    // attributes
    // {
      inherit (planned) imageName;
      passthru = attributes;
    }
  );
}
