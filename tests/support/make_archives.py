"""Tar archives as Python's tarfile writes them.

Reads a list of {"format": "ustar", "gnu" or "pax", "global": {KEYWORD: VALUE}, "members": [{"name",
"type", "mode", "uid", "gid", "mtime", "content", "linkname", "device", "pax"}]}, where all of a
member but its name may be missing, and writes a list of the archives in base64.
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
        fileobj=out, mode="w", format=FORMATS[question.get("format", "gnu")],
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
    return base64.b64encode(out.getvalue()).decode()


if __name__ == "__main__":
    print(json.dumps([archive(question) for question in json.load(sys.stdin)]))
