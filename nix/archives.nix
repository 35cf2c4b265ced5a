# Functions of whole images: pullImage, exportImage, mergeImages, and programs for them.
{
  arguments,
  tools,
  hostSystem,
  bash,
  skopeo,
  certificates,
  pigz,
  zstd,
  xz,
  bzip2,
}:
let
  inherit (builtins) filter;

  # What reads and writes archives, however compressed.
  compressors = filter (package: package != null) [
    pigz
    zstd
    xz
    bzip2
  ];

  option = flag: value: if value == null then [ ] else [ flag value ];

  # The archive of an image; a script that streams one is none.
  archiveOf =
    function: image:
    if image.isExe or false then
      throw "${function}: ${image.name} is a script that streams an image; give what buildLayeredImage makes of the same arguments"
    else
      "${image}";

  endsWith = ending: text: builtins.match ".*${ending}" text != null;
in
{
  pullImage =
    {
      imageName,
      imageDigest,
      os ? "linux",
      arch ? hostSystem,
      finalImageName ? imageName,
      finalImageTag ? "latest",
      tlsVerify ? true,
      name ?
        builtins.replaceStrings
          [ "/" ":" ]
          [ "-" "-" ]
          "docker-image-${finalImageName}-${finalImageTag}.tar",
      hash ? null,
      sha256 ? null,
      outputHash ? null,
      outputHashAlgo ? null,
    }@args:
    let
      given = filter (value: value != null) [
        hash
        sha256
        outputHash
      ];
      wanted = builtins.head given;
      checked = arguments.check "pullImage" arguments.pulled args (
        if given == [ ] then
          throw "pullImage: fetcher called without `hash`; with hash = \"\" the build fails and tells it"
        else if builtins.length given > 1 then
          throw "pullImage: mutually-incompatible arguments passed: give one of hash, sha256 and outputHash"
        else
          true
      );
    in
    assert checked;
    tools.runProgram {
      inherit name;
      args = [
        "pull"
        imageName
        "--digest"
        imageDigest
        "--os"
        os
        "--arch"
        arch
        "--final-name"
        finalImageName
        "--final-tag"
        finalImageTag
        "--tls-verify"
        (if tlsVerify then "true" else "false")
        "--output"
        tools.out
      ];
      path = [ skopeo ];
      env = {
        outputHashMode = "flat";
        outputHashAlgo = if outputHashAlgo == null then "sha256" else outputHashAlgo;
        outputHash =
          if wanted == "" then "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" else wanted;
        impureEnvVars = [
          "HTTPS_PROXY"
          "HTTP_PROXY"
          "NO_PROXY"
          "http_proxy"
          "https_proxy"
          "no_proxy"
        ];
      }
      // (
        if tlsVerify then { SSL_CERT_FILE = "${certificates}/etc/ssl/certs/ca-bundle.crt"; } else { }
      );
    }
    // {
      inherit imageName imageDigest;
      imageTag = finalImageTag;
    };

  exportImage =
    {
      fromImage,
      fromImageName ? null,
      fromImageTag ? null,
      diskSize ? 1024,
      name ? fromImage.name or (throw "exportImage: name is missing, as fromImage has none"),
    }@args:
    assert arguments.check "exportImage" arguments.exported args true;
    tools.runProgram {
      inherit name;
      args = [
        "export"
        (archiveOf "exportImage" fromImage)
        "--output"
        tools.out
      ]
      ++ option "--name" fromImageName
      ++ option "--tag" fromImageTag;
      path = compressors;
    };

  # Compressed as the last image, as far as its name tells.
  mergeImages =
    images:
    assert
      arguments.check "mergeImages" { images = arguments.paths; } { inherit images; } true;
    let
      last = builtins.elemAt images (builtins.length images - 1);
      file = baseNameOf (builtins.unsafeDiscardStringContext "${last}");
      compressor =
        if endsWith "\\.zst" file then
          "zstd"
        else if endsWith "\\.tar" file then
          "none"
        else
          "gz";
    in
    if !(builtins.isList images) || images == [ ] then
      throw "mergeImages: images is not a list with an image in it"
    else
      tools.runProgram {
        name = "merge-docker-images";
        args = [
          "merge"
          "--compressor"
          compressor
          "--output"
          tools.out
        ]
        ++ map (archiveOf "mergeImages") images;
        path = compressors;
      };

  nix-prefetch-docker = tools.writePackage "nix-prefetch-docker" bash [ skopeo ] (
    builtins.readFile ./nix-prefetch-docker.sh
  );
  tarsum = tools.writePackage "tarsum" bash [ ] "exec \"$NIX_IMAGE\" tarsum\n";
}
