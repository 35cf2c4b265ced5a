# Derivations that need nothing but Deno: files, specs with their reference graphs, and runs of the
# program.
{
  system,
  deno,
  program,
}:
let
  # Nothing of this machine's configuration, nothing from the network.
  plainly = [
    "run"
    "--no-config"
    "--no-lock"
    "--no-remote"
    "--no-npm"
    "--no-prompt"
    "--quiet"
  ];

  out = builtins.placeholder "out";

  quoted = word: "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] word}'";

  # The variables that any derivation here has.
  common = {
    inherit system;
    builder = "${deno}/bin/deno";
    preferLocalBuild = true;
    allowSubstitutes = false;
    DENO_NO_UPDATE_CHECK = "1";
  };
in
rec {
  # The words that start the program.
  command = [
    "${deno}/bin/deno"
  ]
  ++ plainly
  ++ builtins.fromJSON (builtins.readFile ./run_options.json)
  ++ [ "${program}" ];

  # A run of one of the scripts here, which gets the path of each of `files` as a variable and, as
  # arguments, the output's path and `args`.
  runScript =
    {
      name,
      script,
      args ? [ ],
      files,
    }:
    derivation (
      common
      // files
      // {
        inherit name;
        args =
          plainly
          ++ [
            "--allow-read"
            "--allow-write"
            "--allow-env=${builtins.concatStringsSep "," (map (file: "${file}Path") (builtins.attrNames files))}"
            script
            out
          ]
          ++ args;
        passAsFile = builtins.attrNames files;
      }
    );

  # A store path with these files: { path, text } or { path, link }, path from "/" on, or "" for a
  # store path that itself is a file; with path alone a directory.
  writeFiles =
    name: files:
    runScript {
      inherit name;
      script = ./write_files.js;
      files.files = builtins.toJSON files;
    };

  writeText =
    name: text:
    writeFiles name [
      {
        path = "";
        inherit text;
      }
    ];

  # An executable that runs the program with these words and its own arguments.
  writeScript =
    name: bash: path: words:
    writeFiles name [
      {
        path = "";
        executable = true;
        text = ''
          #!${bash}/bin/bash
          export PATH=${quoted (searchPath path)}''${PATH:+:$PATH}
          exec ${builtins.concatStringsSep " " (map quoted (command ++ words))} "$@"
        '';
      }
    ];

  # A package with one program: a script that finds nix-image as $NIX_IMAGE.
  writePackage =
    name: bash: path: text:
    writeFiles name [
      {
        path = "/bin/${name}";
        executable = true;
        text = ''
          #!${bash}/bin/bash
          NIX_IMAGE=${writeScript "nix-image" bash path [ ]}
        ''
        + text;
      }
    ];

  searchPath = packages: builtins.concatStringsSep ":" (map (package: "${package}/bin") packages);

  # The closure of `root` with its sizes, in a file.
  referenceGraph =
    name: root:
    derivation (
      common
      // {
        inherit name;
        args = plainly ++ [
          "--allow-read"
          "--allow-write"
          ./write_graph.js
          out
        ];
        __structuredAttrs = true;
        exportReferencesGraph.graph = [ root ];
      }
    );

  # A run of the program that makes `out`.
  runProgram =
    {
      name,
      args,
      path ? [ ],
      env ? { },
    }:
    derivation (
      common
      // {
        inherit name;
        args = builtins.tail command ++ args;
        PATH = searchPath path;
      }
      // env
    );

  inherit out;
}
