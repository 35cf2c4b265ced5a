#!/usr/bin/env python3
"""Makes a chroot store and ten conf.json files of nixpkgs' streamLayeredImage for it, one like no other.

usage: make_confs.py ROOT SEED
Writes ROOT/conf-N.json; prints a JSON list of what is special of each.
"""
import gzip, hashlib, io, json, lzma, os, random, sys, tarfile

root, seed = sys.argv[1], int(sys.argv[2])
choice = random.Random(seed)
NIX32 = "0123456789abcdfghijklmnpqrsvwxyz"
os.makedirs(root + "/nix/store")
ORDINARY = {
    "architecture": "amd64",
    "config": {"Cmd": ["/bin/hello"], "Env": ["PATH=/bin", "A=own"]},
    "os": "linux",
    "store_dir": "/nix/store",
    "from_image": None,
    "repo_tag": "made:1",
    "created": "1970-01-01T00:00:01+00:00",
    "mtime": "1970-01-01T00:00:01+00:00",
    "uid": "0",
    "gid": "0",
    "uname": "root",
    "gname": "root",
}
made = []


def store_path(name):
    return "/nix/store/" + "".join(choice.choice(NIX32) for _ in range(32)) + "-" + name


def write(path, content, mode=0o444):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(content)
    os.chmod(path, mode)


def package(name, files=3):
    path = store_path(name)
    for number in range(files):
        size = choice.choice([0, 1, 511, 512, 513, 70_000])
        mode = choice.choice([0o444, 0o555])
        write(f"{root}{path}/bin/{'sub/' * (number % 3)}file-{number}", choice.randbytes(size), mode)
    os.symlink(f"{path}/bin/file-0", f"{root}{path}/link")
    return path


def unicode_package():
    path = store_path("nonascii")
    for name in ["naïve/文件", "😀", "\ue000", "a" * 120, "é" * 60, "a b", "d" * 90 + "/" + "e" * 90]:
        write(f"{root}{path}/{name}", name.encode())
    os.symlink("目標/" + "t" * 100, f"{root}{path}/链接")
    return path


def odd_packages():
    file, link = store_path("file.txt"), store_path("link")
    write(root + file, b"a store path can be a file\n")
    os.symlink("/nix/store/somewhere", root + link)
    twins = store_path("twins")
    write(f"{root}{twins}/one", b"shared\n")
    os.link(f"{root}{twins}/one", f"{root}{twins}/two")
    os.mkdir(f"{root}{twins}/empty")
    return [file, link, twins]


def layer_tar(files, format=tarfile.GNU_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as layer:
        for name, content in files.items():
            member = tarfile.TarInfo("./" + name)
            member.size = len(content)
            layer.addfile(member, io.BytesIO(content))
    return out.getvalue()


def customisation(files={"etc/made": b"made\n"}, mode=0o444, owner=(0, 0)):
    path = store_path("customisation-layer")
    tar = layer_tar(files)
    write(f"{root}{path}/layer.tar", tar, mode)
    os.chown(f"{root}{path}/layer.tar", *owner)
    write(f"{root}{path}/checksum", hashlib.sha256(tar).hexdigest().encode() + b"\n")
    return path


def base_image(name, member_of, config, packed=lambda tar: tar, stored=lambda tar: tar, format=tarfile.PAX_FORMAT):
    """A docker-archive with two layers, the first of them twice, the members as `member_of` makes them."""
    path = store_path(name)
    tars = [layer_tar({f"base-{number}": choice.randbytes(2000)}) for number in range(2)]
    tars.append(tars[0])
    out, names = io.BytesIO(), []
    everywhere = {"comment": "of all", "note": "ö"} if format == tarfile.PAX_FORMAT else None
    with tarfile.open(fileobj=out, mode="w", format=format, pax_headers=everywhere) as archive:
        for number, tar in enumerate(tars):
            member, content = member_of(number, stored(tar))
            names.append(member.name)
            if number < 2 or member.issym():
                archive.addfile(member, io.BytesIO(content))
            else:
                names[2] = names[0]
        document = {"architecture": "amd64", "os": "linux", **config}
        document["rootfs"] = {
            "type": "layers",
            "diff_ids": ["sha256:" + hashlib.sha256(tar).hexdigest() for tar in tars],
        }
        manifest = [{"Config": "config.json", "RepoTags": ["base:1"], "Layers": names}]
        for name, value in [("config.json", document), ("manifest.json", manifest)]:
            text = json.dumps(value).encode()
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    write(root + path, packed(out.getvalue()))
    return path


def plain_member(number, content):
    member = tarfile.TarInfo(f"{number}/layer.tar")
    member.size, member.mode, member.mtime = len(content), 0o100640, 1234567890
    member.uid, member.gid, member.uname, member.gname = 1000, 100, "builder", "users"
    return member, content


def wild_member(number, content):
    """With a header that says much: a long name, odd owners, records of its own; the third is a link."""
    member = tarfile.TarInfo(f"blobs/ö'{number % 2}\t/{'n' * 100}.tar")
    member.size, member.mtime = len(content), 1700000000.25
    member.uid, member.gid, member.uname, member.gname = 3_000_000, 2**31, "ü", "g" * 40
    member.pax_headers = {"comment": "kept", "SCHILY.xattr.user.note": "also"}
    if number == 2:
        first, _ = wild_member(0, b"")
        member.name, member.type, member.size = "third.tar", tarfile.SYMTYPE, 0
        member.linkname = first.name
        member.pax_headers, content = {}, b""
    return member, content


def conf(what, layers, customised, **fields):
    value = {**ORDINARY, "store_layers": layers, "customisation_layer": customised, **fields}
    with open(f"{root}/conf-{len(made)}.json", "w") as out:
        json.dump(value, out, ensure_ascii=False)
    made.append(what)


hello, other = package("hello-2.12"), package("other", 12)
conf("ordinary", [[hello], [other]], customisation())
conf("no store paths", [], customisation({}), config={})
conf("no config", [[hello]], customisation({}), config=None)
conf(
    "ids, names and times that need extended headers",
    [[hello, other]],
    customisation(mode=0o640, owner=(3_000_000, 12)),
    uid="3000000",
    gid="1000",
    uname="jürgen",
    gname="g" * 33,
    mtime="2020-02-29T12:34:56+02:00",
    created="2020-02-29T12:34:56+02:00",
)
conf(
    "non-ASCII names",
    [[unicode_package()], odd_packages(), [hello]],
    customisation({"etc/日本": b"x"}),
    config={
        "Labels": {"10": "ten", "9": "nine", "ключ": "\U0001f600 \u2028\x7f\"\\\n"},
        "Env": ["Ä=ö"],
        "Healthcheck": {"Interval": 30000000000, "x": 1.0, "y": 1e-7, "z": 123456789012345678901, "w": 1e16, "v": -0.5},
        "nested": [[], {}, None, True, [1, [2]]],
    },
    repo_tag="registry.example:5000/ünused:1",
    architecture="arm64",
)
thousand = [package(f"p{number}", 1 + number % 3) for number in range(1000)]
conf("a thousand paths", [[path] for path in thousand[:90]] + [thousand[90:]], customisation())
env = {"config": {"Env": ["A=base", "B=base=2", "A=last"], "Cmd": ["dropped"]}, "history": [{"created_by": "x"}]}
conf("a base image", [[hello], [other]], customisation(), from_image=base_image("base.tar", plain_member, env))
conf(
    "a compressed base image with compressed layers",
    [[hello]],
    customisation(mode=0o600, owner=(65534, 65534)),
    from_image=base_image("base.tar.gz", plain_member, env, gzip.compress, gzip.compress, tarfile.GNU_FORMAT),
    config={"Cmd": ["x"]},
)
conf(
    "a base image with wild headers",
    [[hello], []],
    customisation(),
    from_image=base_image("wild.tar.xz", wild_member, {"config": {}}, lzma.compress),
    config={"Env": ["A=1", "A=2"]},
)
conf(
    "a base image in ustar, without variables",
    [[other, hello]],
    customisation(),
    from_image=base_image("ustar.tar", plain_member, {"config": {}}, format=tarfile.USTAR_FORMAT),
    config={"User": "1"},
)
for directory, _, _ in os.walk(root + "/nix/store"):
    if directory != root + "/nix/store":
        os.chmod(directory, 0o555)
print(json.dumps(made))
