# The images of the tests of the Nix functions, by test.
{
  executable,
  debian,
  nixLibraries,
  kernel,
  modules,
  program,
  directory,
}@arguments:
let
  inherit (import ./nix_functions.nix arguments)
    functions
    crossFunctions
    fixtures
    build
    shell
    shellFixtures
    given
    bundled
    ;
  inherit (functions)
    buildImage
    buildImageWithNixDb
    buildLayeredImage
    buildLayeredImageWithNixDb
    buildNixShellImage
    streamLayeredImage
    streamNixShellImage
    binSh
    caCertificates
    exportImage
    fakeNss
    makeContainerImage
    mergeDrvs
    mergeImages
    mkPureLayer
    shadowSetup
    shellScript
    usrBinEnv
    ;

  # A program for another machine: nothing that is run while its image is made.
  foreign = build "foreign" ''
    printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\002\000\267\000' > $out/bin/hello
    chmod +x $out/bin/hello
  '';
in
rec {
  inherit functions bundled;

  streamed = streamLayeredImage {
    name = "hello";
    contents = [ fixtures.hello ];
    config.Cmd = [ "${fixtures.hello}/bin/hello" ];
  };

  layered = buildLayeredImage {
    name = "layered";
    tag = "latest";
    contents = [
      fixtures.hello
      shell
    ];
    extraCommands = "echo 'made (by a \"script\")' > made";
    config.Cmd = [ "hello" ];
  };

  single = buildImage {
    name = "single";
    copyToRoot = [
      fixtures.hello
      shell
    ];
    uid = 1000;
    gid = 100;
    extraCommands = "mkdir srv; echo text > srv/file";
    config.Cmd = [ "/bin/hello" ];
  };

  plain = buildImage {
    name = "plain";
    tag = "latest";
    copyToRoot = fixtures.hello;
    compressor = "none";
    created = "now";
    config.Cmd = [ "/bin/hello" ];
  };

  zstd = buildLayeredImage {
    name = "zstd";
    tag = "latest";
    contents = fixtures.hello;
    compressor = "zstd";
    created = "now";
    config.Cmd = [ "hello" ];
  };

  withDatabase = buildLayeredImageWithNixDb {
    name = "layered-database";
    tag = "latest";
    contents = [ fixtures.hello ];
  };

  singleWithDatabase = buildImageWithNixDb {
    name = "single-database";
    tag = "latest";
    copyToRoot = [ fixtures.hello ];
  };

  hostName = buildImage {
    name = "registry-1.docker.io/Team/single";
    tag = "Latest";
    copyToRoot = [ fixtures.hello ];
    config.Cmd = [ "/bin/hello" ];
  };

  layeredHostName = buildLayeredImage {
    name = "registry-1.docker.io/Team/layered";
    contents = [ fixtures.hello ];
    config.Cmd = [ "hello" ];
  };

  # No store path is in the image: the program is copied there.
  noStorePaths = buildLayeredImage {
    name = "no-store-paths";
    tag = "latest";
    extraCommands = "mkdir bin; cp ${fixtures.busybox}/bin/busybox bin/busybox";
    config.Cmd = [
      "/bin/busybox"
      "echo"
      "from a copy"
    ];
  };

  twoLayers = buildLayeredImage {
    name = "two-layers";
    tag = "latest";
    maxLayers = 2;
    contents = [
      fixtures.hello
      shell
    ];
    config.Cmd = [ "hello" ];
  };

  # On an image of two layers.
  onTwoLayers = buildLayeredImage {
    name = "on-two-layers";
    tag = "latest";
    fromImage = twoLayers;
    maxLayers = 4;
    contents = [ fixtures.itself ];
    config = {
      Cmd = [
        "sh"
        "-c"
        "hello; cat ${fixtures.itself}"
      ];
      Env = [ "PATH=/bin" ];
    };
  };

  singleOnLayered = buildImage {
    name = "single-on-layered";
    tag = "latest";
    fromImage = layered;
    extraCommands = "echo upper > upper";
    config.Cmd = [
      "/bin/cat"
      "/made"
      "/upper"
    ];
  };

  overlay = buildLayeredImage {
    name = "overlay";
    tag = "latest";
    contents = [ shell ];
    config.User = "1000:1000";
  };

  crossSingle = crossFunctions.buildImage {
    name = "cross-single";
    tag = "latest";
    copyToRoot = [ foreign ];
    config.Cmd = [ "/bin/hello" ];
  };

  crossLayered = crossFunctions.buildLayeredImage {
    name = "cross-layered";
    tag = "latest";
    contents = [ foreign ];
    config.Cmd = [ "/bin/hello" ];
  };

  # "Environment helpers" of nixpkgs' manual.
  helpers = buildImage {
    name = "environment-helpers";
    tag = "latest";
    copyToRoot = [
      usrBinEnv
      binSh
      caCertificates
      (fakeNss.override {
        extraPasswdLines = [ "app:x:1000:1000:App:/srv:/bin/sh" ];
        extraGroupLines = [ "app:x:1000:" ];
      })
    ];
  };

  owners = streamLayeredImage {
    name = "owners";
    tag = "latest";
    contents = [ shell ];
    fakeRootCommands = ''
      mkdir -p home/alice
      chown 1000:100 home/alice
    '';
  };

  # "Shadow setup" of nixpkgs' manual.
  shadow = buildLayeredImage {
    name = "shadow";
    tag = "latest";
    contents = [ shell ];
    enableFakechroot = true;
    fakeRootCommands = ''
      ${shadowSetup}
      groupadd -r redis
      useradd -r -g redis redis
      mkdir /data
      chown redis:redis /data
    '';
  };

  # "Layered image" and "created now" of the manual, streamed.
  helloLike = streamLayeredImage {
    name = "hello-like";
    tag = "latest";
    created = "now";
    contents = [ fixtures.hello ];
    config.Cmd = [ "/bin/hello" ];
  };

  # "Redis-like" of the manual, on a base image: "Shadow setup" as root.
  redisLike = buildImage {
    name = "redis-like";
    tag = "latest";
    fromImage = layered;
    fromImageName = null;
    fromImageTag = "latest";
    copyToRoot = [ fixtures.users ];
    runAsRoot = ''
      #!${given.runtimeShell}
      ${shadowSetup}
      groupadd -r redis
      useradd -r -g redis redis
      mkdir /data
      chown redis:redis /data
    '';
    diskSize = 128;
    buildVMMemorySize = 256;
    config = {
      Cmd = [ "hello" ];
      WorkingDir = "/data";
      Volumes."/data" = { };
    };
  };

  # The greeting and what it needs in one layer, the rest in another.
  pipeline = streamLayeredImage {
    name = "pipeline";
    contents = [
      fixtures.hello
      shell
    ];
    layeringPipeline = [
      [
        "subcomponent_out"
        [ fixtures.hello ]
      ]
      [ "flatten" ]
    ];
    config.Cmd = [ "hello" ];
  };

  pipelineFile = streamLayeredImage {
    name = "pipeline-file";
    contents = [
      fixtures.hello
      shell
    ];
    layeringPipeline = builtins.toFile "pipeline.json" ''[["popularity_contest"], ["limit_layers", 3]]'';
  };

  # Fields that dockerTools has no argument for.
  ownFields = streamLayeredImage {
    name = "own-fields";
    contents = [ shell ];
    config.Env = [
      "GREETING=${fixtures.message}"
      "ABSENT=${fixtures.users}"
    ];
    spec = {
      layering = "popularity";
      groups = [
        {
          name = "shell and greeting";
          paths = [
            shell
            fixtures.message
          ];
        }
      ];
      files = [
        {
          type = "file";
          path = "/etc/greeting";
          text = "of ${fixtures.itself}\n";
        }
      ];
      absentStorePaths = [ fixtures.users ];
    };
  };

  # A layer of its own for what differs: names and tags by override.
  overridden = layered.override {
    name = "overridden";
    tag = null;
  };

  merged = mergeImages [
    plain
    zstd
    layered
  ];

  exported = exportImage { fromImage = layered; };

  pureLayer = mkPureLayer {
    name = "pure";
    copyToRoot = fixtures.hello;
    baseJson = {
      config.Cmd = [ "hello" ];
      created = "1970-01-01T00:00:01Z";
      architecture = "arm64";
    };
  };

  container = makeContainerImage {
    layers = [ fixtures.hello ];
    config.Cmd = [ "hello" ];
  };

  drvs = mergeDrvs {
    derivations = [
      fixtures.farmFirst
      fixtures.farmSecond
      exported
    ];
  };

  onlyNamed = mergeDrvs {
    derivations = [
      fixtures.farmFirst
      fixtures.farmSecond
    ];
    onlyDeps = true;
  };

  failing = buildLayeredImage {
    name = "failing";
    extraCommands = ''
      echo before
      false
    '';
  };

  # "Building a shell image" of the manual. Nix itself could not build this derivation, whose home
  # directory is elsewhere there. One of its inputs is nowhere named.
  nixShell = buildNixShellImage {
    drv = shellFixtures.build {
      name = "Needs_home+1.0";
      shell = given.runtimeShell;
      unnamed = builtins.substring 0 0 "${shellFixtures.hello}";
      buildCommand = ''
        test "$HOME" = /build
        printf '#!%s\necho "Hello, world!"\n' "$shell" > $out
        chmod +x $out
      '';
    };
    shell = given.runtimeShell;
    tag = "latest";
  };

  # With another package, a shell hook and a user, streamed.
  nixShellRun = streamNixShellImage {
    drv = shellFixtures.hook;
    name = "registry-1.docker.io/Team/Shell";
    uid = 1234;
    gid = 4321;
    homeDirectory = "/homeless-shelter";
    shell = given.bash;
    run = "echo \"$greeting in $HOME\"; hello-1.0; ${shell}/bin/id -u; ${shell}/bin/id -g";
  };

  script = shellScript "greet" "echo \"hello from $0\"";
}
