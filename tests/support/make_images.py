"""Images as the programs of others store them.

Reads {"directory": DIRECTORY} and writes to it one archive or layout for each of CASES, then prints
a list of {"name", "path", "format", "images": [{"names", "config", "manifest", "platform",
"diffIds", "contents", "document"}]}: what is in them, contents of layers and the config in base64.
"""
import base64, bz2, gzip, hashlib, io, json, lzma, os, subprocess, sys, tarfile


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def zstd(data):
    return subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout


def zstd_frames(data):
    """Two frames with a skippable one between, and one behind, as podman writes zstd:chunked."""
    skippable = bytes.fromhex("502a4d18") + (5).to_bytes(4, "little") + b"whats"
    half = len(data) // 2
    return zstd(data[:half]) + skippable + zstd(data[half:]) + skippable


def gzip_members(data):
    """As estargz has it, and dockerTools' pigz with --independent."""
    return b"".join(gzip.compress(data[at:at + 700], mtime=0) for at in range(0, len(data), 700))


COMPRESSED = {
    "": bytes, "gzip": lambda data: gzip.compress(data, mtime=0), "zstd": zstd,
    "xz": lzma.compress, "bzip2": bz2.compress, "gzip members": gzip_members,
    "zstd frames": zstd_frames, "gzip padded": lambda data: gzip.compress(data, mtime=0) + bytes(700),
}


def tar(members, format=tarfile.PAX_FORMAT):
    """Members as (name, bytes), (name, "->", symlink's target), (name, "=", hard link's), (name,)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for name, *rest in members:
            info = tarfile.TarInfo(name)
            if len(rest) == 0:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(info)
            elif len(rest) == 2:
                info.type = tarfile.SYMTYPE if rest[0] == "->" else tarfile.LNKTYPE
                info.linkname = rest[1]
                archive.addfile(info)
            else:
                info.size = len(rest[0])
                archive.addfile(info, io.BytesIO(rest[0]))
    return out.getvalue()


def layer(number, size=3000):
    return tar([(f"file{number}", hashlib.shake_256(bytes([number])).digest(size))])


class Image:
    def __init__(self, layers, names=(), arch="amd64", variant=None, indent=None, **config):
        self.layers, self.names, self.arch, self.variant = layers, list(names), arch, variant
        document = {
            "architecture": arch, **({"variant": variant} if variant else {}), "os": "linux",
            "created": "2024-01-02T03:04:05Z", "config": {"Env": ["A=1", "B=ü"], "Cmd": ["/x"]},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256(each)}" for each in layers]},
            "history": [{"created_by": f"step {at}"} for at in range(len(layers))], **config,
        }
        self.config = json.dumps(document, indent=indent, ensure_ascii=False).encode()
        self.id = sha256(self.config)
        self.manifest = None

    def answer(self):
        return {
            "names": self.names, "config": f"sha256:{self.id}", "manifest": self.manifest,
            "platform": ["linux", self.arch, self.variant],
            "diffIds": [f"sha256:{sha256(each)}" for each in self.layers],
            "contents": [base64.b64encode(each).decode() for each in self.layers],
            "document": base64.b64encode(self.config).decode(),
        }


def old_docker(images):
    """docker save before version 25: a directory for each layer; those that are there already are
    symlinks."""
    members, manifest, seen = [], [], {}
    for image in images:
        names = []
        for at, content in enumerate(image.layers):
            folder = sha256(f"{image.id} {at}".encode())
            members += [(folder,), (f"{folder}/VERSION", b"1.0"), (f"{folder}/json", b"{}")]
            digest = sha256(content)
            if digest in seen:
                members.append((f"{folder}/layer.tar", "->", f"../{seen[digest]}/layer.tar"))
            else:
                seen[digest] = folder
                members.append((f"{folder}/layer.tar", content))
            names.append(f"{folder}/layer.tar")
        members.append((f"{image.id}.json", image.config))
        manifest.append({"Config": f"{image.id}.json", "RepoTags": image.names or None, "Layers": names})
    members.append(("manifest.json", json.dumps(manifest).encode() + b"\n"))
    members.append(("repositories", b'{"a":{"b":"c"}}\n'))
    return members


OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker."


def blob_member(data):
    return (f"blobs/sha256/{sha256(data)}", data)


def descriptor(media_type, data, **more):
    return {"mediaType": media_type, "digest": f"sha256:{sha256(data)}", "size": len(data), **more}


def oci_blobs(image, compress="gzip", docker=False):
    """Members, and the descriptor of the manifest."""
    suffix = {"gzip": "+gzip", "gzip members": "+gzip", "zstd": "+zstd", "zstd frames": "+zstd"}
    layer_type = (
        DOCKER + "image.rootfs.diff.tar.gzip" if docker
        else OCI + "layer.v1.tar" + suffix.get(compress, "")
    )
    blobs = [COMPRESSED[compress](content) for content in image.layers]
    manifest_type = DOCKER + "distribution.manifest.v2+json" if docker else OCI + "manifest.v1+json"
    config_type = DOCKER + "container.image.v1+json" if docker else OCI + "config.v1+json"
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": manifest_type,
        "config": descriptor(config_type, image.config),
        "layers": [descriptor(layer_type, blob) for blob in blobs],
        "annotations": {"org.example": "yes"},
    }).encode()
    image.manifest = f"sha256:{sha256(manifest)}"
    platform = {"architecture": image.arch, "os": "linux"}
    if image.variant:
        platform["variant"] = image.variant
    members = [blob_member(data) for data in [*blobs, image.config, manifest]]
    return members, descriptor(manifest_type, manifest, platform=platform)


LAYOUT = ("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')


def index_of(descriptors):
    return json.dumps(
        {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": descriptors},
    ).encode()


def named(entry, name, key="org.opencontainers.image.ref.name"):
    return {**entry, "annotations": {key: name}}


def oci(images, compress="gzip", docker=False):
    members, entries = [LAYOUT], []
    for image in images:
        blobs, entry = oci_blobs(image, compress, docker)
        members += blobs
        entries += [named(entry, name) for name in image.names] or [entry]
    return members + [("index.json", index_of(entries))]


def attestation(subject):
    statement = b'{"_type":"https://in-toto.io/Statement/v0.1"}'
    config = json.dumps({
        "architecture": "unknown", "os": "unknown", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256(statement)}"]},
    }).encode()
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
        "config": descriptor(OCI + "config.v1+json", config),
        "layers": [descriptor("application/vnd.in-toto+json", statement)],
    }).encode()
    return [blob_member(data) for data in [statement, config, manifest]], descriptor(
        OCI + "manifest.v1+json", manifest, platform={"architecture": "unknown", "os": "unknown"},
        annotations={
            "vnd.docker.reference.digest": subject,
            "vnd.docker.reference.type": "attestation-manifest",
        },
    )


def buildx(images, name, absent=()):
    """A nested index with attestations, and manifests of platforms that are not there."""
    members, entries = [LAYOUT], []
    for image in images:
        blobs, entry = oci_blobs(image)
        entries.append(entry)
        if image in absent:
            continue
        members += blobs
        more, attested = attestation(entry["digest"])
        members += more
        entries.append(attested)
        image.names = [name]
    index = index_of(entries)
    top = named(descriptor(OCI + "index.v1+json", index), name, "io.containerd.image.name")
    top["annotations"]["org.opencontainers.image.ref.name"] = name.split(":")[-1]
    return members + [blob_member(index), ("index.json", index_of([top]))]


def new_docker(image, docker=False):
    """docker save from version 25 on: a layout and an archive, with layers that are not compressed."""
    blobs, entry = oci_blobs(image, "", docker)
    entries = [named(entry, name, "io.containerd.image.name") for name in image.names]
    manifest = [{
        "Config": f"blobs/sha256/{image.id}", "RepoTags": image.names,
        "Layers": [f"blobs/sha256/{sha256(content)}" for content in image.layers],
        "LayerSources": {},
    }]
    return [
        ("blobs",), ("blobs/sha256",), *blobs, ("index.json", index_of(entries)),
        ("manifest.json", json.dumps(manifest).encode()), LAYOUT,
        ("repositories", b"{}"),
    ]


def skopeo(image):
    members = []
    for at, content in enumerate(image.layers):
        name = f"{sha256(content)}.tar"
        folder = sha256(f"{image.id} {at}".encode())
        members += [(name, content), (folder,), (f"{folder}/layer.tar", "->", f"../{name}")]
        members += [(f"{folder}/VERSION", b"1.0"), (f"{folder}/json", b"{}")]
    manifest = [{
        "Config": f"{image.id}.json", "RepoTags": image.names,
        "Layers": [f"{sha256(content)}.tar" for content in image.layers],
    }]
    return members + [
        (f"{image.id}.json", image.config), ("repositories", b"{}"),
        ("manifest.json", json.dumps(manifest).encode()),
    ]


def simple(images, name=lambda image: f"{image.id}.json", compress="", ending=".tar"):
    """Config, layers by digest, manifest.json: kaniko and others."""
    members, manifest, seen = [], [], set()
    for image in images:
        members.append((name(image), image.config))
        names = []
        for content in image.layers:
            stored = COMPRESSED[compress](content)
            names.append(sha256(stored) + ending)
            if names[-1] not in seen:
                members.append((names[-1], stored))
            seen.add(names[-1])
        manifest.append({"Config": name(image), "RepoTags": image.names, "Layers": names})
    return members + [("manifest.json", json.dumps(manifest).encode())]


def cases():
    one = lambda **more: Image([layer(1), layer(2)], ["app:1"], **more)
    two = lambda: [
        Image([layer(1), layer(2)], ["app:1", "app:latest"]),
        Image([layer(1), layer(3), layer(3)], ["host:5000/other:2"]),
    ]
    archive, layout = "docker-archive", "oci"
    images = two() + [Image([layer(2)])]
    yield "old docker", archive, images, old_docker(images), {}
    image = one()
    yield "new docker", archive, [image], new_docker(image), {}
    image = one()
    yield "new docker, schema 2", archive, [image], new_docker(image, docker=True), {}
    image = one(indent=4)
    yield "skopeo", archive, [image], skopeo(image), {}
    image = one()
    yield "kaniko", archive, [image], simple(
        [image], lambda image: f"sha256:{image.id}", "gzip", ".tar.gz",
    ), {}
    # nixpkgs' streamLayeredImage, and ours.
    image = one(indent=4)
    members = [
        part for at, content in enumerate(image.layers)
        for part in [(sha256(content),), (f"{sha256(content)}/layer.tar", content)]
    ]
    manifest = [{
        "Config": f"{image.id}.json", "RepoTags": image.names,
        "Layers": [f"{sha256(content)}/layer.tar" for content in image.layers],
    }]
    members += [(f"{image.id}.json", image.config), ("manifest.json", json.dumps(manifest, indent=4).encode())]
    yield "streamLayeredImage", archive, [image], members, {}
    # nixpkgs' buildImage packs the directory ".", in gzip.
    packed = [(".",)] + [(f"./{name}", *rest) for name, *rest in members]
    yield "buildImage", archive, [image], packed, {"compress": "gzip", "format": tarfile.GNU_FORMAT}
    for compress in ["gzip", "gzip members", "gzip padded", "zstd", "zstd frames", "xz", "bzip2"]:
        image = one()
        yield f"outer {compress}", archive, [image], simple([image]), {"compress": compress}
        image = one()
        yield f"layers {compress}", archive, [image], simple([image], compress=compress), {}
    image = one()
    yield "absolute names", archive, [image], [
        (f"/{name}", *rest) for name, *rest in simple([image])
    ], {}
    image = one()
    yield "hard links", archive, [image], [
        ("config.json", image.config), ("a/config.json", "=", "config.json"),
        ("config.json", b"another one"),
        ("one", image.layers[0]), ("link", "->", "one"), ("hard", "=", "link"),
        ("d/two", "=", "one"), ("d/two", image.layers[1]), ("abs", "->", "/d/../d/two"),
        ("manifest.json", json.dumps([{
            "Config": "./a/config.json", "RepoTags": image.names, "Layers": ["hard", "abs"],
        }]).encode()),
    ], {}
    image = one()
    members = simple([image])
    yield "duplicate members", archive, [image], [
        (members[0][0], b"not the config"), ("manifest.json", "->", "nowhere"), *members,
    ], {}
    image = one()
    yield "no end", archive, [image], simple([image]), {"end": 0}
    image = one()
    yield "garbage behind the end", archive, [image], simple([image]), {"behind": b"garbage" * 999}
    image = Image([], ["empty:1"])
    yield "no layers", archive, [image], [
        ("c", image.config),
        ("manifest.json", b'[{"Config":"c","RepoTags":["empty:1"],"Layers":null}]'),
    ], {}
    image = Image([], [], created=None, config=None, rootfs={"type": "layers"}, history=None)
    yield "nulls", archive, [image], [
        ("c", image.config), ("manifest.json", b'[{"Config":"c","RepoTags":null,"Layers":[]}]'),
    ], {}

    for compress in ["", "gzip", "gzip members", "zstd", "zstd frames"]:
        for kind in [layout, "oci-archive"]:
            images = [Image([layer(1), layer(2), layer(1)], ["1"])]
            yield f"{kind} {compress}", kind, images, oci(images, compress), {}
    images = two()
    yield "layout, schema 2", layout, images, oci(images, docker=True), {}
    images = [Image([layer(1)])]
    yield "layout without names", layout, images, oci(images), {}
    images = [Image([layer(1)], ["1"])]
    yield "compressed oci-archive", "oci-archive", images, oci(images), {"compress": "zstd"}
    platforms = lambda: [
        Image([layer(1)]), Image([layer(2)], arch="arm64"), Image([layer(3)], arch="arm", variant="v6"),
    ]
    images = platforms()
    yield "platforms", layout, images, buildx(images, "docker.io/library/app:1"), {}
    images = platforms()
    yield "sparse index", "oci-archive", images[1:2], buildx(
        images, "docker.io/library/app:1", absent=[images[0], images[2]],
    ), {}
    # An artifact and a signature beside an image, and a link in place of a blob.
    images = [Image([layer(1)], ["1"])]
    members = oci(images)
    statement = b'{"critical":{}}'
    signature_config = Image([statement]).config
    signature = json.dumps({
        "schemaVersion": 2, "config": descriptor(OCI + "config.v1+json", signature_config),
        "layers": [descriptor("application/vnd.dev.cosign.simplesigning.v1+json", statement)],
    }).encode()
    artifact = json.dumps({
        "schemaVersion": 2, "config": descriptor("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [],
    }).encode()
    entries = json.loads(members[-1][1])["manifests"]
    index = index_of([
        descriptor(OCI + "manifest.v1+json", artifact), *entries,
        named(descriptor(OCI + "manifest.v1+json", signature), "sha256-0.sig"),
    ])
    config = members[2]
    members[2] = (config[0], "->", "../../config")
    yield "artifact, signature and link", layout, images, [
        *members[:-1], blob_member(artifact), blob_member(signature), ("config", config[1]), ("index.json", index),
    ], {}


def write_directory(path, members):
    for name, *rest in members:
        file = os.path.join(path, name)
        os.makedirs(os.path.dirname(file), exist_ok=True)
        if len(rest) == 2:
            os.symlink(rest[1], file)
        else:
            with open(file, "wb") as out:
                out.write(rest[0])


def pack(members, compress="", format=tarfile.PAX_FORMAT, end=None, behind=b""):
    data = tar(members, format)
    if end is not None:
        data = data.rstrip(b"\0")
        data += bytes(-len(data) % 512)
    return COMPRESSED[compress](data) + behind


def write_cases(directory):
    answers = []
    for number, (name, format, images, members, options) in enumerate(cases()):
        path = os.path.join(directory, f"case{number}")
        if format == "oci":
            write_directory(path, members)
        else:
            with open(path, "wb") as out:
                out.write(pack(members, **options))
        answers.append({
            "name": name, "path": path, "format": format, "images": [each.answer() for each in images],
        })
    return answers


if __name__ == "__main__":
    print(json.dumps(write_cases(json.load(sys.stdin)["directory"])))
