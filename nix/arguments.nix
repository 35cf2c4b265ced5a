# What the functions' arguments may be. An argument that may not be so is an error that names it.
let
  inherit (builtins) isAttrs isBool isInt isList isPath isString;

  isPathLike = value: isString value || isPath value || isAttrs value && value ? outPath;

  shown =
    value:
    if isString value then
      "the string ${builtins.toJSON (builtins.unsafeDiscardStringContext value)}"
    else if isInt value || isBool value || value == null then
      builtins.toJSON value
    else
      {
        float = "a number with a fraction";
        lambda = "a function";
        list = "a list";
        path = "the path ${toString value}";
        set = if value ? outPath then "the derivation ${value.name or "of no name"}" else "a set";
      }
      .${builtins.typeOf value};

  type = expected: isOne: { inherit expected isOne; };

  matching =
    pattern: value: isString value && builtins.match pattern value != null;

  # As src/spec/image_name.ts has them.
  label = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?";
  host = "(${label}(\\.${label})*|\\[[A-Fa-f0-9:]+])(:[0-9]+)?";
  component = "[A-Za-z0-9]+(([._]|__|-+)[A-Za-z0-9]+)*";
in
rec {
  bool = type "true or false" isBool;
  int = type "a whole number" isInt;
  string = type "a string" isString;
  attrs = type "a set" isAttrs;
  path = type "a path, a derivation or a string with a path" isPathLike;
  archive = type "the archive of an image: a path or a derivation, such as buildLayeredImage makes" (
    value: isPathLike value && !(isAttrs value && value.isExe or false)
  );
  derivation = type "a derivation" (value: isAttrs value && value ? drvPath && value ? drvAttrs);
  directory = type "a directory's path in the image, without \":\"" (matching "/[^:\n]*");
  natural = type "a whole number, not negative" (value: isInt value && value >= 0);
  positive = type "a whole number above 0" (value: isInt value && value > 0);
  time = type "a date such as \"1970-01-01T00:00:01Z\", or \"now\"" isString;
  imageName = type "an image's name such as \"hello\" or \"registry.example/team/hello\", without a tag" (
    matching "(${host}/)?${component}(/${component})*"
  );
  imageTag = type "null or an image's tag: letters, digits and _ . -" (
    value: value == null || matching "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}" value
  );
  digest = type "a digest such as \"sha256:…\" with 64 hexadecimal digits" (
    matching "sha256:[0-9a-f]{64}"
  );

  orNull =
    { expected, isOne }: type "null or ${expected}" (value: value == null || isOne value);
  listOf =
    what: { isOne, ... }: type "a list of ${what}" (value: isList value && builtins.all isOne value);
  paths = type "a path, a derivation, or a list of such" (
    value: isPathLike value || isList value && builtins.all isPathLike value
  );

  # Fails for the first of `args` that is not what `types` says of it; else gives `value`.
  check =
    function: types: args: value:
    builtins.foldl' (
      before: name:
      let
        given = args.${name};
        inherit (types.${name}) expected isOne;
      in
      if types ? ${name} && !isOne given then
        throw "${function}: ${name} is ${shown given}; it must be ${expected}"
      else
        before
    ) value (builtins.attrNames args);

  # The arguments of the functions that make images.
  image = {
    name = imageName;
    tag = imageTag;
    fromImage = orNull archive;
    config = orNull attrs;
    architecture = string;
    created = time;
    extraCommands = string;
    uid = natural;
    gid = natural;
    includeNixDB = bool;
    spec = attrs;
  };

  layered = image // {
    contents = orNull paths;
    mtime = time;
    uname = string;
    gname = string;
    maxLayers = int;
    layeringPipeline = orNull (
      type "a list of operations, or the path of a JSON file with one" (
        value: isList value || isPathLike value
      )
    );
    fakeRootCommands = string;
    enableFakechroot = bool;
    includeStorePaths = bool;
    passthru = attrs;
    debug = bool;
  };

  single = image // {
    fromImageName = orNull string;
    fromImageTag = orNull string;
    copyToRoot = orNull paths;
    contents = orNull paths;
    keepContentsDirlinks = bool;
    runAsRoot = orNull string;
    diskSize = orNull positive;
    buildVMMemorySize = positive;
    baseJson = orNull (
      type "the path of a JSON file, or a set" (value: isPathLike value || isAttrs value)
    );
    meta = attrs;
  };

  # Those of nix-shell images.
  shell = {
    drv = derivation;
    name = imageName;
    tag = imageTag;
    uid = natural;
    gid = natural;
    homeDirectory = directory;
    shell = path;
    command = orNull string;
    run = orNull string;
  };

  # Those of pullImage and exportImage.
  pulled = {
    imageName = imageName;
    imageDigest = digest;
    os = string;
    arch = string;
    finalImageName = imageName;
    finalImageTag = string;
    tlsVerify = bool;
    name = string;
    hash = orNull string;
    sha256 = orNull string;
    outputHash = orNull string;
    outputHashAlgo = orNull string;
  };

  exported = {
    fromImage = archive;
    fromImageName = orNull string;
    fromImageTag = orNull string;
    diskSize = int;
    name = string;
  };
}
