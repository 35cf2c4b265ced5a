"""tarsum v1 by its definition (moby, pkg/tarsum), with Python's tarfile as the reader.

Answers a list of paths on standard input (JSON) with a list of checksums; with a path as its
argument, prints the checksum of that archive alone.
"""
import hashlib, json, os.path, sys, tarfile


def encoded(text):
    return text.encode("utf-8", "surrogateescape")


def member_sum(archive, member):
    name = member.name + ("/" if member.isdir() else "")
    size = member.size
    fields = [
        ("name", name), ("mode", member.mode), ("uid", member.uid), ("gid", member.gid),
        ("size", size), ("typeflag", member.type.decode().replace("\0", "0")),
        ("linkname", member.linkname), ("uname", ""), ("gname", ""),
        ("devmajor", member.devmajor), ("devminor", member.devminor),
    ]
    xattrs = [
        (key[len("SCHILY.xattr."):], value)
        for key, value in member.pax_headers.items() if key.startswith("SCHILY.xattr.")
    ]
    fields += sorted(xattrs, key=lambda pair: encoded(pair[0]))
    digest = hashlib.sha256()
    for key, value in fields:
        digest.update(encoded(f"{key}{value}"))
    if member.isreg():
        digest.update(archive.extractfile(member).read())
    return os.path.normpath("/" + name), digest.hexdigest()


def tarsum(path):
    with tarfile.open(path, "r:", encoding="utf-8", errors="surrogateescape") as archive:
        members = [member_sum(archive, member) for member in archive]
    sums = sorted(members, key=lambda pair: pair[1])
    # Members of one name keep their order.
    queues = {}
    for name, digest in members:
        queues.setdefault(name, []).append(digest)
    total = hashlib.sha256()
    for name, _ in sums:
        total.update(queues[name].pop(0).encode())
    return "tarsum.v1+sha256:" + total.hexdigest()


if len(sys.argv) > 1:
    print(tarsum(sys.argv[1]))
else:
    json.dump([tarsum(path) for path in json.load(sys.stdin)], sys.stdout)
