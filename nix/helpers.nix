# Files that programs expect in an image, and small derivations.
{
  arguments,
  tools,
  system,
  makeOverridable,
  bash,
  path,
  bashInteractive,
  coreutils,
  cacert,
  shadow,
  runtimeShell,
}:
let
  lines = list: builtins.concatStringsSep "" (map (line: "${line}\n") list);

  text = path: list: {
    inherit path;
    text = lines list;
  };
  link = path: target: {
    inherit path;
    link = target;
  };
in
{
  fakeNss = makeOverridable (
    {
      extraPasswdLines ? [ ],
      extraGroupLines ? [ ],
    }@args:
    assert arguments.check "fakeNss" {
      extraPasswdLines = arguments.listOf "lines" arguments.string;
      extraGroupLines = arguments.listOf "lines" arguments.string;
    } args true;
    tools.writeFiles "fake-nss" [
      (text "/etc/passwd" (
        [ "root:x:0:0:root user:/var/empty:/bin/sh" ]
        ++ extraPasswdLines
        ++ [ "nobody:x:65534:65534:nobody:/var/empty:/bin/sh" ]
      ))
      (text "/etc/group" ([ "root:x:0:" ] ++ extraGroupLines ++ [ "nobody:x:65534:" ]))
      (text "/etc/nsswitch.conf" [ "hosts: files dns" ])
      { path = "/var/empty"; }
    ]
  ) { };

  binSh = makeOverridable (
    { bashInteractive }:
    tools.writeFiles "bin-sh" [ (link "/bin/sh" "${bashInteractive}/bin/bash") ]
  ) { inherit bashInteractive; };

  usrBinEnv = makeOverridable (
    { coreutils }: tools.writeFiles "usr-bin-env" [ (link "/usr/bin/env" "${coreutils}/bin/env") ]
  ) { inherit coreutils; };

  caCertificates = makeOverridable (
    { cacert }:
    tools.writeFiles "ca-certificates" (
      map (place: link place "${cacert}/etc/ssl/certs/ca-bundle.crt") [
        "/etc/ssl/certs/ca-bundle.crt"
        "/etc/ssl/certs/ca-certificates.crt"
        "/etc/pki/tls/certs/ca-bundle.crt"
      ]
    )
  ) { inherit cacert; };

  # For runAsRoot, and for fakeRootCommands with enableFakechroot.
  shadowSetup = ''
    export PATH=${shadow}/bin:$PATH
    SHADOW_SETUP_SHELL=${runtimeShell}
  ''
  + builtins.readFile ./shadow_setup.sh;

  shellScript =
    name: text:
    tools.writeFiles name [
      {
        path = "";
        executable = true;
        text = ''
          #!${runtimeShell}
          set -e
          export PATH=${coreutils}/bin:/bin
          ${text}
        '';
      }
    ];

  # The files of several derivations, which are directories or tarballs, in one; later ones win.
  mergeDrvs =
    {
      derivations,
      onlyDeps ? false,
    }@args:
    assert arguments.check "mergeDrvs" {
      derivations = arguments.listOf "derivations and paths" arguments.path;
      onlyDeps = arguments.bool;
    } args true;
    if onlyDeps then
      tools.writeText "merge-drvs" "${toString derivations}\n"
    else
      derivation {
        name = "merge-drvs";
        inherit system derivations;
        PATH = tools.searchPath path;
        builder = "${bash}/bin/bash";
        args = [
          "-euc"
          ''
            mkdir "$out"
            for derivation in $derivations; do
              if [ -d "$derivation" ]; then cp -RPf "$derivation/." "$out"
              else tar -C "$out" --delay-directory-restore -xpf "$derivation"
              fi
              chmod -R u+w "$out"
            done
          ''
        ];
      };
}
