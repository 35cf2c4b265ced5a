"""Archives and layouts that someone made to do harm.

Reads {"directory": DIRECTORY, "heavy": BOOLEAN} and writes there one archive or layout for each case,
then prints a list of {"name", "path", "error"}: a regular expression for the message of the error
that opening it or reading its layers ends in, or null where it is read as usual. The heavy ones are
those that would take much memory or time.
"""
import gzip, io, json, lzma, os, re, subprocess, sys, tarfile

from make_images import (
    OCI, Image, blob_member, descriptor, index_of, layer, oci, pack, sha256, simple, tar, write_directory, zstd,
)

CONTROL = "\x1b[2J\n\x9b\u202e\u2028\x7f"

def image(**more):
    return Image([layer(1), layer(2)], ["app:1"], **more)


def archive(manifest=None, config=None, **members):
    """A docker-archive of one image in which some members are others."""
    one = image()
    document = {"Config": "config", "RepoTags": ["app:1"], "Layers": ["0", "1"]}
    contents = {
        "0": one.layers[0], "1": one.layers[1],
        "config": one.config if config is None else config,
        "manifest.json": [document] if manifest is None else manifest, **members,
    }
    return pack([
        (name, data if isinstance(data, bytes) else json.dumps(data).encode())
        for name, data in contents.items() if data is not None
    ])


def entry(**more):
    return [{"Config": "config", "RepoTags": ["app:1"], "Layers": ["0", "1"], **more}]


def with_config(**more):
    return archive(config=json.dumps({**json.loads(image().config), **more}).encode())


def links(*members):
    return pack([("d",), *members, *simple([image()])])


def member(name, size=0, type=tarfile.REGTYPE, linkname=""):
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = size, type, linkname
    return info


def header(info, format=tarfile.GNU_FORMAT):
    return info.tobuf(format)


def special(kind):
    return header(member("manifest.json", type=kind)) + archive(**{"manifest.json": None})


def layered(content, compress=bytes, real=True):
    """A docker-archive with one layer, with its own diff_id or with one of another."""
    one = Image([content if real else b""])
    return pack([
        ("config", one.config), ("layer", compress(content)),
        ("manifest.json", json.dumps(entry(Layers=["layer"], RepoTags=None)).encode()),
    ])


def layout(change=None, **more):
    """A layout of one image, after `change` of its members, a dictionary."""
    members = {name: data for name, data in oci([Image([layer(1), layer(2)], ["1"])], **more)}
    if change:
        change(members)
    return list(members.items())


def blobs_of(members):
    index = json.loads(members["index.json"])
    manifest = index["manifests"][0]
    document = json.loads(members[blob_name(manifest)])
    return index, manifest, document


def blob_name(described):
    return "blobs/" + described["digest"].replace(":", "/")


def with_manifest(change):
    """A layout whose manifest is another one, of the right digest."""
    def changed(members):
        index, _, document = blobs_of(members)
        change(document)
        name, data = blob_member(json.dumps(document).encode())
        members[name] = data
        members["index.json"] = index_of([descriptor(OCI + "manifest.v1+json", data)])
    return layout(changed)


def with_index(change):
    def changed(members):
        index, manifest, _ = blobs_of(members)
        change(manifest)
        members["index.json"] = json.dumps(index).encode()
    return layout(changed)


def nested(levels):
    members = layout()
    data = members[-1][1]
    for _ in range(levels):
        name, _ = blob_member(data)
        members.append((name, data))
        data = index_of([descriptor(OCI + "index.v1+json", data)])
    return [each for each in members if each[0] != "index.json"] + [("index.json", data)]


def light_cases():
    out = "leads out of it$"
    yield "../ in a name", links(("../../evil", b"x")), out
    yield "../ behind a directory", links(("d/../../evil", b"x")), out
    yield "a symlink out", links(("d/evil", "->", "../../etc/passwd")), out
    yield "a hard link out", links(("evil", "=", "../../etc/passwd")), out
    yield "a symlink, then a member behind it", links(("e", "->", "/tmp"), ("e/evil", b"x")), None
    yield "a loop of links", pack([
        ("a", "->", "b"), ("b", "->", "a"), ("manifest.json", json.dumps(entry(Config="a")).encode()),
    ]), 'too many links from "a" on$'
    yield "a link to itself", pack([("manifest.json", "->", "manifest.json")]), "too many links"
    yield "a hard link to itself", pack([("manifest.json", "=", "manifest.json")]), "holds no images"
    yield "many links", pack([
        *((f"{at}", "->", f"{at + 1}") for at in range(60)), ("60", b"[]"),
        ("manifest.json", "->", "0"),
    ]), "too many links"
    yield "manifest.json as a link to a file of the host", pack(
        [("manifest.json", "->", "/etc/passwd")],
    ), "holds no images"
    yield "config as a hard link to a file of the host", pack([
        ("config", "=", "/etc/passwd"), ("manifest.json", json.dumps(entry()).encode()),
    ]), 'names "config", which is not in the archive$'
    yield "manifest.json as a directory", pack([("manifest.json",)]), "holds no images"
    for name, kind in [("FIFO", tarfile.FIFOTYPE), ("device", tarfile.CHRTYPE), ("disk", tarfile.BLKTYPE)]:
        yield f"manifest.json as a {name}", special(kind), "holds no images"
    deep = "a/" * 100_000
    yield "a path of 100,000 levels", links((deep + "x", b"x")), "a name of 200001 characters$"
    yield "a link of 100,000 levels", links(("x", "->", deep)), "a link to a name of 200000 characters$"
    yield "a name of more than 1 MiB", links(("x" * (1 << 21), b"x")), "extended header of \\d+ bytes$"
    yield "2,000 records for a member", (
        extended(2000) + header(member("x")) + pack(simple([image()]))
    ), "a broken extended header$"
    yield "900 records for a member", (
        extended(900) + header(member("x")) + pack(simple([image()]))
    ), None
    early = "the tar archive ends too early$"
    yield "a member of 1 TiB", header(member("x", 1 << 40)) + bytes(2048), early
    yield "manifest.json of 1 TiB", header(member("manifest.json", 1 << 40)) + bytes(2048), early
    yield "a member of 2^63 bytes", header(member("x", 1 << 63)) + bytes(1024), "size is no number$"
    yield "a member of less than no bytes", header(member("x", -512)) + bytes(1024), "size is no number$"
    claims = header(member("x", 1 << 40)) + bytes(2048)
    yield "a layer's member of 1 TiB", layered(claims), f"layer 1.*{early}"
    yield "a layer that is no tar", layered(b"text" * 1000), "not a tar archive"
    yield "a missing layer", archive(manifest=entry(Layers=["0", "gone"])), (
        'manifest.json: \\[0\\] names "gone", which is not in the archive$'
    )
    yield "a missing config", archive(manifest=entry(Config="gone")), 'names "gone"'
    yield "a layer out of the archive", archive(manifest=entry(Layers=["0", "../1"])), out
    yield "control characters in a name", archive(manifest=entry(Config=CONTROL * 1000)), "names "
    yield "control characters in a member's name", links((f"../{CONTROL}", b"")), out
    yield "control characters in a sparse file's name", header(
        member("\x1b[2J\x9b", type=tarfile.GNUTYPE_SPARSE),
    ) + bytes(1024), "sparse file"
    yield "control characters in a type", header(member("x", type=b"\x9b")) + bytes(1024), "of the type"
    yield "control characters in a file that is named", pack([
        (CONTROL, b"{"), ("manifest.json", json.dumps(entry(Config=CONTROL)).encode()),
    ]), "expected JSON"
    yield "control characters in JSON", archive(config="\u202e".encode()), "expected JSON"
    yield "a directory without a name", pack([("",), *simple([image()])]), None

    yield "no JSON", archive(config=b"{]"), "config: expected JSON: line 1, column 2"
    yield "empty JSON", archive(config=b""), "expected JSON: line 1, column 1"
    yield "no UTF-8", archive(config=b'"\xff"'), "UTF-8$"
    brackets = b"[" * 100_000 + b"]" * 100_000
    objects = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    for kind, data in [("arrays", brackets), ("objects", objects)]:
        yield f"manifest.json of nested {kind}", archive(**{"manifest.json": data}), "nested more than"
        yield f"a config of nested {kind}", archive(config=data), "nested more than"
        yield f"{kind} without an end", archive(config=data[:400_000]), "expected JSON|nested more"
        yield f"a label of nested {kind}", archive(
            config=image().config[:-1] + b',"x":' + data + b"}",
        ), "nested more than"
    yield "manifest.json as an object", archive(manifest={}), "manifest.json: expected an array"
    yield "no images", archive(manifest=[]), "holds no images: manifest.json names none$"
    yield "manifest.json of null", archive(manifest=[None]), "\\[0\\]: expected an object, found null$"
    yield "Config as a number", archive(manifest=entry(Config=5)), "\\[0\\].Config: expected a string"
    yield "Layers as an object", archive(manifest=entry(Layers={})), "expected an array of file names"
    yield "RepoTags as numbers", archive(manifest=entry(RepoTags=[1])), "expected a string, found 1$"
    yield "fields that are there twice", archive(config=(
        image().config[:-1] + b',"os":"first","os":"linux"}'
    )), None
    evil = b'{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
    yield "__proto__", archive(
        config=image().config[:-1] + b',"__proto__":{"polluted":1},"config":' + evil + b"}",
    ), None
    yield "__proto__ in place of fields", archive(
        config=b'{"__proto__":' + image().config + b"}",
    ), "expected a string, found nothing"
    yield "__proto__ as a name", archive(manifest=entry(Config="__proto__")), 'names "__proto__"'
    yield "__proto__ as an annotation", with_manifest(
        lambda document: document["annotations"].update({"__proto__": "x", "toString": "y"}),
    ), None
    yield "numbers that are none", archive(
        config=image().config[:-1] + b',"x":1e999,"y":-1e999,"z":123456789012345678901234567890}',
    ), None
    yield "a wrong diff_id", with_config(rootfs={"type": "layers", "diff_ids": [
        f"sha256:{sha256(layer(1))}", f"sha256:{sha256(layer(1))}",
    ]}), "layer 2\\) is damaged or another one: it has sha256:"
    yield "a diff_id that is none", with_config(rootfs={"diff_ids": ["sha256:0", "md5:0"]}), (
        "rootfs.diff_ids\\[0\\]: expected a digest"
    )
    yield "too few diff_ids", with_config(rootfs={"diff_ids": []}), "has 2 layers, and its config has 0"
    yield "no rootfs", with_config(rootfs=None), "config: rootfs: expected an object, found null$"
    yield "no os", with_config(os=None), "config: os: expected a string"
    yield "a history of texts", with_config(history=["x"]), "history\\[0\\]: expected an object"

    tarred = tar(simple([image()]))
    damaged = bytearray(gzip.compress(tarred))
    damaged[len(damaged) // 2] ^= 0xff
    yield "garbage behind gzip", gzip.compress(tarred) + b"garbage", "Cannot decompress"
    yield "garbage behind zstd", zstd(tarred) + b"garbage", "Cannot decompress .*zstd"
    yield "garbage behind xz", lzma.compress(tarred) + b"garbage", "Cannot decompress .*xz"
    yield "damaged gzip", bytes(damaged), "Cannot decompress"
    yield "gzip alone", gzip.compress(b""), "holds no images"
    for name, compress in [("gzip", gzip.compress), ("zstd", zstd), ("xz", lzma.compress)]:
        cut = lambda data: compress(data)[:-9]
        yield f"a layer of {name} that was cut", layered(layer(1), cut), "Cannot decompress .*layer 1"
        garbage = lambda data: compress(data) + b"garbage"
        yield f"garbage behind a layer of {name}", layered(layer(1), garbage), "Cannot decompress"
    yield "an empty file", b"", "holds no images: it is an archive with neither"
    yield "a text", b"text", "not a tar archive, or a broken one: too short$"
    yield "zeros", bytes(10_000), "holds no images"

    def missing(index):
        return lambda members: members.pop(blob_name(blobs_of(members)[2]["layers"][index]))
    def damage(members):
        name = blob_name(blobs_of(members)[2]["layers"][1])
        data = bytearray(members[name])
        data[-1] ^= 1
        members[name] = bytes(data)
    def zeroed(which):
        def change(members):
            described = which(*blobs_of(members))
            members[blob_name(described)] = bytes(described["size"])
        return change
    def shorter(which):
        def change(members):
            name = blob_name(which(*blobs_of(members)))
            members[name] = members[name][:-1]
        return change
    def longer(members):
        members[blob_name(blobs_of(members)[2]["layers"][0])] += b"x"
    first_layer = lambda index, manifest, document: document["layers"][0]
    config = lambda index, manifest, document: document["config"]
    yield "a blob that is missing", layout(missing(1)), "names the blob sha256:[0-9a-f]{64}, which is not there$"
    yield "a blob that is damaged", layout(damage, compress=""), "is damaged or another one"
    yield "a gzip blob that is damaged", layout(damage), "Cannot decompress|is damaged"
    yield "a blob that is too short", layout(shorter(first_layer)), "bytes, and .* says"
    yield "a blob that is too long", layout(longer), "bytes, and .* says"
    yield "a config that is another", layout(zeroed(config)), "expected JSON|damaged"
    yield "a config of spaces and itself", layout(lambda members: members.update({
        blob_name(config(*blobs_of(members))): b" " * 4 + members[blob_name(config(*blobs_of(members)))][:-4],
    })), "expected JSON|damaged"
    yield "a manifest that is too short", layout(shorter(lambda index, manifest, _: manifest)), "and its descriptor says"
    yield "a manifest that is missing", layout(
        lambda members: members.pop(blob_name(blobs_of(members)[1])),
    ), "holds no images: the blob sha256:[0-9a-f]{64}, which index.json leads to, is not there$"
    for size in ["1e999", "-1", "1.5", "9007199254740993", '"5"', "null"]:
        yield f"a size of {size}", layout(lambda members: members.update({
            "index.json": re.sub(rb'"size": \d+', b'"size": ' + size.encode(), members["index.json"]),
        })), "manifests\\[0\\].size: expected a size in bytes"
    yield "a wrong size", with_index(lambda manifest: manifest.update(size=5)), "its descriptor says 5$"
    for digest in ["sha256:..", "sha256:../../../etc/passwd", "sha512:" + "0" * 128, "x", CONTROL * 100]:
        yield f"the digest {ascii(digest[:30])}", with_index(
            lambda manifest: manifest.update(digest=digest),
        ), "manifests\\[0\\].digest: expected a digest"
    yield "a missing layer's descriptor", with_manifest(
        lambda document: document["layers"].pop(),
    ), "has 1 layers, and its config has 2 diff_ids$"
    yield "layers in another order", with_manifest(
        lambda document: document["layers"].reverse(),
    ), "layer 1\\) is damaged or another one"
    yield "a layer's size that is wrong", with_manifest(
        lambda document: document["layers"][0].update(size=1 << 40),
    ), "says 1099511627776$"
    yield "no layers that are null", with_manifest(
        lambda document: document.update(layers=None),
    ), "has 0 layers"
    yield "indexes within indexes", nested(5), "more than 4 indexes within one another$"
    yield "some indexes within indexes", nested(4), None
    yield "an empty index", [("index.json", b'{"manifests":null}')], "index.json names none$"
    yield "an index that is a manifest.json of dir:", [("manifest.json", b"{}")], "holds no images"
    yield "index.json as a directory", [("index.json/x", b"")], "holds no images"
    for name, target in [
        ("a file of the host", "/etc/passwd"), ("a device", "/dev/zero"), ("a file of /proc", "/proc/kmsg"),
        ("a directory", "/"), ("nowhere", "gone"), ("itself", "index.json"),
    ]:
        yield f"index.json as a link to {name}", [("index.json", "->", target)], (
            "expected JSON|holds no images|Cannot read .*index.json"
        )
    yield "blobs as a file", [("blobs", b"x"), layout()[-1]], "Cannot read .*blobs/sha256|not there"


def fifo(path, change):
    members = dict(layout())
    name = change(members)
    data = members.pop(name)
    write_directory(path, list(members.items()))
    os.makedirs(os.path.dirname(os.path.join(path, name)), exist_ok=True)
    os.mkfifo(os.path.join(path, name))
    return data


def light(directory):
    answers = []
    def answer(name, error):
        path = os.path.join(directory, f"case{len(answers)}")
        answers.append({"name": name, "path": path, "error": error})
        return path
    for name, content, error in light_cases():
        path = answer(name, error)
        if isinstance(content, list):
            write_directory(path, content)
        else:
            with open(path, "wb") as out:
                out.write(content)
    fifo(answer("index.json as a FIFO", "holds no images"), lambda members: "index.json")
    for name, which in [
        ("manifest", lambda index, manifest, document: manifest),
        ("config", lambda index, manifest, document: document["config"]),
        ("layer", lambda index, manifest, document: document["layers"][0]),
    ]:
        path = answer(f"the {name} as a FIFO", "is not there$")
        fifo(path, lambda members: blob_name(which(*blobs_of(members))))
    os.mkfifo(answer("a FIFO", "is neither a file nor a directory$"))
    os.symlink("loop", os.path.join(directory, "loop"))
    path = answer("a loop", "Cannot read")
    os.symlink(path, path)
    # For one that is not root, or root without its powers.
    path = answer("an unreadable archive", "Cannot read")
    with open(path, "wb") as out:
        out.write(archive())
    os.chmod(path, 0)
    path = answer("an unreadable layer", "Cannot read")
    members = dict(layout())
    write_directory(path, list(members.items()))
    os.chmod(os.path.join(path, blob_name(blobs_of(members)[2]["layers"][1])), 0)
    path = answer("an unreadable directory", "Cannot read")
    write_directory(path, layout())
    os.chmod(os.path.join(path, "blobs"), 0)
    path = answer("a path that is not there", "is not there")
    return answers


def global_records(count, start):
    data = b""
    for at in range(start, start + count):
        record = b" k%09d=v\n" % at
        data += b"%d" % (len(record) + 2) + record
    return header(member("g", len(data), tarfile.XGLTYPE)) + data + bytes(-len(data) % 512)


def extended(count):
    data = b"".join(b"11 k%04d=v\n" % at for at in range(count))
    return header(member("x", len(data), tarfile.XHDTYPE)) + data + bytes(-len(data) % 512)


def wide(text, size=1 << 20):
    part = text + b","
    return b"[" + part * (size // len(part) - 1) + text + b"]"


def heavy_cases():
    big = header(member("big", 20 << 30))
    mib = 1 << 20
    one_shot = lambda data: gzip.compress(data, 9, mtime=0)
    compressors = [
        ("gzip", one_shot, 64 * mib, 180), ("zstd", zstd, 256 * mib, 45),
        ("xz", lambda data: lzma.compress(data, preset=1), 64 * mib, 180),
    ]
    bomb = "expands to more than 100 times its size"
    for name, compress, size, times in compressors:
        data = compress(big) + compress(bytes(size)) * times
        yield f"a bomb of {name}, 11 GiB", data, bomb
        if name != "xz":
            yield f"a layer that is a bomb of {name}", layered(data, bytes, real=False), f"layer 1.*{bomb}"
    large = "has {} bytes: no document of an image has more than 4 MiB$"
    manifest = header(member("manifest.json", 1 << 30))
    yield "manifest.json of 1 GiB", (manifest, len(manifest) + (1 << 30) + 1024), large.format(1 << 30)
    yield "manifest.json of 256 MiB in gzip", (
        one_shot(header(member("manifest.json", 256 * mib))) + one_shot(bytes(64 * mib)) * 4
    ), large.format(256 * mib)
    yield "a member of 1 GiB of JSON in a layout", [("index.json", 1 << 30)], large.format(1 << 30)
    values = "more than 500000 values in JSON$"
    for name, text, error in [
        ("numbers", b"0", values), ("arrays", b"[]", values), ("texts", b'""', "found \"\"$"),
        ("objects", b'{"a":{}}', "expected a string, found nothing$"),
    ]:
        yield f"1 MiB of {name}", archive(**{"manifest.json": wide(text)}), error
    yield "4 MiB of arrays", archive(**{"manifest.json": wide(b"[]", 4 * mib - 8)}), values
    labels = b",".join(b'"%07d":0' % at for at in range(300_000))
    yield "300,000 annotations that are no texts", layout(lambda members: members.update({
        "index.json": members["index.json"].replace(
            b'"annotations": {', b'"annotations": {' + labels + b",",
        ),
    })), "annotations\\[\"0000000\"\\]: expected a string, found 0$"
    yield "a text of 4 MiB without an end", archive(config=b'"' + b"a" * (4 * mib - 1)), "expected JSON"
    yield "escapes of 4 MiB without an end", archive(config=b'"' + b"\\n" * (2 * mib - 1)), "expected JSON"
    yield "lines of 4 MiB", archive(config=b"\n" * (4 * mib)), "expected JSON"
    yield "brackets of 4 MiB", archive(config=b"[" * (4 * mib)), values
    yield "450,000 brackets", archive(config=b"[" * 450_000), "expected JSON"
    yield "450,000 brackets that end", archive(config=b"[" * 450_000 + b"]" * 450_000), "nested more"
    config = image().config
    padded = config[:-1] + b" " * (3 * mib) + b"}"
    yield "999 images of a config of 3 MiB", archive(
        config=padded, manifest=entry() * 999,
    ), "more than 32 MiB of JSON$"
    yield "9 configs of strings of 3.5 MiB", pack([
        ("0", layer(1)), ("1", layer(2)),
        *((f"c{at}", config[:-1] + b',"x":"%d' % at + b"y" * (7 * mib // 2) + b'"}') for at in range(9)),
        ("manifest.json", json.dumps([entry(Config=f"c{at}")[0] for at in range(9)]).encode()),
    ]), None
    yield "50,000 images of one config", archive(manifest=entry() * 50_000), "more than 1000 images$"
    zero = sha256(b"")
    yield "an image of 50,000 layers", archive(
        config=json.dumps({
            "os": "linux", "architecture": "amd64",
            "rootfs": {"diff_ids": [f"sha256:{zero}"] * 50_000},
        }).encode(), manifest=entry(Layers=["e"] * 50_000), e=b"",
    ), None
    yield "20 images of 20,000 layers", archive(
        config=json.dumps({
            "os": "linux", "architecture": "amd64",
            "rootfs": {"diff_ids": [f"sha256:{zero}"] * 20_000},
        }).encode(), manifest=entry(Layers=["e"] * 20_000) * 20, e=b"",
    ), "more than 500000 values in JSON$"
    yield "300,000 names", archive(manifest=entry(RepoTags=[f"a:{at}" for at in range(300_000)])), None
    yield "2,000 manifests", layout(lambda members: members.update({
        "index.json": index_of(blobs_of(members)[0]["manifests"] * 2000),
    })), "more than 1000 manifests$"
    headers = b"".join(header(member(f"{at}")) for at in range(10_000))
    yield "300,000 members", one_shot(headers) * 30, "more than 100000 members$"
    yield "300,000 members of a layer", layered(headers * 30, lambda data: one_shot(headers) * 30), None
    long = b"".join(header(member("L", mib, tarfile.GNUTYPE_LONGNAME)) + b"\xff" * mib for _ in range(8))
    yield "80 long names of 1 MiB", one_shot(long) * 10, "a name of 1048576 bytes$"
    globals_ = b"".join(global_records(50, 50 * at) for at in range(2000))
    yield "100,000 records of global headers", globals_, "too many global extended headers$"
    same = global_records(90, 0) + headers
    yield "global headers for many members", same + headers * 8, "holds no images|ends too early"
    yield "a window of 2 GiB of zstd", subprocess.run(
        ["zstd", "-qc", "--ultra", "-3", "--long=31", "--no-check"],
        input=pack(simple([image()])), stdout=subprocess.PIPE, check=True,
    ).stdout, "Cannot decompress"
    yield "a window of 128 MiB of zstd", subprocess.run(
        "head -c 300M /dev/zero | zstd -qc -1 --long=27", shell=True, stdout=subprocess.PIPE, check=True,
    ).stdout, "holds no images"
    yield "a dictionary of 1 GiB of xz", lzma.compress(
        pack(simple([image()])), filters=[
            {"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30},
        ],
    ), "Cannot decompress"


def heavy(directory):
    answers = []
    for name, content, error in heavy_cases():
        path = os.path.join(directory, f"case{len(answers)}")
        answers.append({"name": name, "path": path, "error": error})
        if isinstance(content, list):
            for file, data in content:
                full = os.path.join(path, file)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "wb") as out:
                    out.truncate(data) if isinstance(data, int) else out.write(data)
            continue
        data, size = content if isinstance(content, tuple) else (content, None)
        with open(path, "wb") as out:
            out.write(data)
            if size is not None:
                out.truncate(size)
    return answers


if __name__ == "__main__":
    question = json.load(sys.stdin)
    print(json.dumps((heavy if question["heavy"] else light)(question["directory"])))
