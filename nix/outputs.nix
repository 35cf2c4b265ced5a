# What the functions make of a planned image: an archive, or a script that streams one.
{
  tools,
  bash,
  program,
  pigz,
  zstd,
}:
let
  # What an archive's name ends with, and what compresses it.
  compressors = {
    gz = {
      extension = ".gz";
      packages = if pigz == null then [ ] else [ pigz ];
    };
    none = {
      extension = "";
      packages = [ ];
    };
    zstd = {
      extension = ".zst";
      packages = if zstd == null then [ ] else [ zstd ];
    };
  };
in
{
  compressorOf =
    name: compressor:
    if builtins.isString compressor && compressors ? ${compressor} then
      compressors.${compressor}
    else
      throw "in docker image ${name}: compressor must be one of: [${toString (builtins.attrNames compressors)}]";

  # An image in an archive.
  archive =
    spec:
    {
      name,
      extension,
      packages,
      compressor,
    }:
    tools.runProgram {
      name = "${name}.tar${extension}";
      args = [
        "build"
        "--output"
        tools.out
        "--compressor"
        compressor
      ]
      ++ spec.words
      ++ spec.naming;
      path = spec.path ++ packages;
      inherit (spec) env;
    };

  # A script that writes the image's archive.
  streamOf =
    {
      planned,
      passthru,
      meta,
    }:
    let
      inherit (planned)
        imageName
        imageTag
        conf
        baseName
        ;
      attributes = {
        inherit imageTag conf;
        streamScript = program;
        isExe = true;
      };
    in
    tools.writeScript "stream-${baseName}" bash planned.path (
      [
        "stream"
        "--tar"
      ]
      ++ planned.words
      ++ planned.naming
    )
    // passthru
    // attributes
    // {
      inherit imageName meta;
      passthru = passthru // attributes;
    };
}
