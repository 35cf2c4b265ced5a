"""Makes tar archives with all that headers can hold, in every format; prints their paths (JSON)."""
import io, json, sys, tarfile

directory = sys.argv[1]


def member(name, type=tarfile.REGTYPE, content=b"", **fields):
    info = tarfile.TarInfo(name)
    info.type = type
    info.size = len(content)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, io.BytesIO(content)


COMMON = [
    member("dir", tarfile.DIRTYPE, mode=0o755),
    member("dir/file", content=b"content", mode=0o4755, uid=1000, gid=100, uname="user", gname="users"),
    member("dir/empty", mode=0),
    member("dir/large", content=b"0123456789abcdef" * 100_000),
    member("dir/block", content=b"x" * 512),
    member("dir/link", tarfile.SYMTYPE, linkname="file", mode=0o777),
    member("dir/hard", tarfile.LNKTYPE, linkname="dir/file"),
    member("dir/fifo", tarfile.FIFOTYPE),
    member("dir/tty", tarfile.CHRTYPE, devmajor=5, devminor=1),
    member("dir/disk", tarfile.BLKTYPE, devmajor=253, devminor=7),
    member("a b/é 文", content=b"name", mtime=1234567890),
]
# 100 characters, and with a prefix in ustar.
LONG = [member("p" * 50 + "/" + "n" * 99, content=b"1"), member("n" * 100, content=b"2")]
LONGER = [
    member("long" * 40, content=b"3"),
    member("longdir" * 20, tarfile.DIRTYPE),
    member("to", tarfile.SYMTYPE, linkname="target" * 30),
    member("both" * 30, tarfile.SYMTYPE, linkname="both" * 30),
    member("owner", uid=3_000_000, gid=2**31, content=b"large ids"),
    member("caf\udce9/\udcff", content=b"not UTF-8"),
]
XATTRS = [
    member("caps", content=b"x", pax_headers={
        "SCHILY.xattr.user.z": "last", "SCHILY.xattr.user.a": "first é",
        "SCHILY.xattr.user.empty": "", "comment": "not hashed",
    }),
    member("plain", content=b"x"),
]
TWICE = [member("same", content=bytes([n])) for n in range(6)]

CASES = {
    "ustar": (tarfile.USTAR_FORMAT, COMMON + LONG),
    "gnu": (tarfile.GNU_FORMAT, COMMON + LONG + LONGER),
    "pax": (tarfile.PAX_FORMAT, COMMON + LONG + LONGER + XATTRS),
    "reversed": (tarfile.PAX_FORMAT, (COMMON + XATTRS)[::-1]),
    "twice": (tarfile.PAX_FORMAT, TWICE),
    "twice-reversed": (tarfile.PAX_FORMAT, TWICE[::-1]),
    "empty": (tarfile.PAX_FORMAT, []),
}
paths = []
for name, (format, members) in CASES.items():
    path = f"{directory}/{name}.tar"
    with tarfile.open(path, "w", format=format, errors="surrogateescape") as archive:
        for info, content in members:
            content.seek(0)
            archive.addfile(info, content)
    paths.append(path)

# As before ustar: no magic, files with a type of NUL, directories known by their slash.
path = f"{directory}/v7.tar"
with open(path, "wb") as file:
    for name, content in [("old/", b""), ("old/file", b"old")]:
        header = bytearray(512)
        header[0:len(name)] = name.encode()
        header[100:108], header[108:116], header[116:124] = b"000755 \0", b"   12 \0\0", b"    0 \0\0"
        header[124:136], header[136:148] = b"%11o " % len(content), b"          0 "
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        file.write(header + content + bytes(-len(content) % 512))
    file.write(bytes(1024))
paths.append(path)
json.dump(paths, sys.stdout)
