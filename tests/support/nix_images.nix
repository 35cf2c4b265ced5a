# The images of the tests of the Nix functions, by test.
{
  executable,
  libraries,
  program,
  directory,
}@arguments:
let
  inherit (import ./nix_functions.nix arguments)
    functions
    fixtures
    bash
    coreutils
    build
    ;
  inherit (functions)
    buildLayeredImage
    streamLayeredImage
    ;
in
{
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
      bash
      coreutils
    ];
    extraCommands = "echo 'made (by a \"script\")' > made";
    config.Cmd = [ "hello" ];
  };
}
