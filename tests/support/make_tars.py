"""Tar archives as Python's tarfile writes them.

Reads a list of {"format": "ustar", "gnu", "pax" or "v7", "compression": "gz", "bz2" or "xz",
"global": {KEYWORD: VALUE}, "members": [{"name", "type", "mode", "uid", "gid", "mtime", "content",
"linkname", "device", "pax"}]}, where all but the members and their names may be missing, and writes
a list of the archives in base64.
"""
import base64, io, json, sys, tarfile

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
TYPES = {
    "file": tarfile.REGTYPE, "link": tarfile.LNKTYPE, "symlink": tarfile.SYMTYPE,
    "directory": tarfile.DIRTYPE, "fifo": tarfile.FIFOTYPE,
    "character": tarfile.CHRTYPE, "block": tarfile.BLKTYPE,
    "sparse": tarfile.GNUTYPE_SPARSE, "unknown": b"Q",
}


def archive(question):
    out = io.BytesIO()
    with tarfile.open(
        fileobj=out, mode=f"w:{question.get('compression', '')}",
        format=FORMATS[question.get("format", "gnu")],
        pax_headers=question.get("global"),
    ) as tar:
        for member in question["members"]:
            info = tarfile.TarInfo(member["name"])
            info.type = TYPES[member.get("type", "file")]
            info.mode = member.get("mode", 0o644)
            info.uid, info.gid = member.get("uid", 0), member.get("gid", 0)
            info.mtime = member.get("mtime", 0)
            info.uname, info.gname = member.get("uname", ""), member.get("gname", "")
            info.linkname = member.get("linkname", "")
            info.devmajor, info.devminor = member.get("device", [0, 0])
            info.pax_headers = member.get("pax", {})
            content = member.get("content", "").encode()
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def v7_archive(question):
    """As before ustar, which tarfile does not write: no magic, files with a type of NUL, directories
    known by their slash. Of a member, name and content count."""
    out = b""
    for member in question["members"]:
        name, content = member["name"].encode(), member.get("content", "").encode()
        header = bytearray(512)
        header[0:len(name)] = name
        header[100:108], header[108:116], header[116:124] = b"000755 \0", b"   12 \0\0", b"    0 \0\0"
        header[124:136], header[136:148] = b"%11o " % len(content), b"          0 "
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        out += header + content + bytes(-len(content) % 512)
    return out + bytes(1024)


if __name__ == "__main__":
    archives = [
        v7_archive(question) if question.get("format") == "v7" else archive(question)
        for question in json.load(sys.stdin)
    ]
    print(json.dumps([base64.b64encode(each).decode() for each in archives]))
