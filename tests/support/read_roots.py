"""Root file systems in tar archives, as Python's tarfile reads them.

Reads a list of archives, each a file's name or {"base64": BYTES}, and writes a list of
{"order": [NAME], "entries": {PATH: {"type", "mode", "uid", "gid", "uname", "gname", "mtime",
"size", "linkname", "device", "xattrs", "names", "sha256", "text"}}}: `names` has all paths of a
file that are hard links to one another, and `text` what a small file holds.
"""
import base64, hashlib, io, json, sys, tarfile

TYPES = {
    tarfile.REGTYPE: "file", tarfile.SYMTYPE: "symlink", tarfile.DIRTYPE: "directory",
    tarfile.FIFOTYPE: "fifo", tarfile.CHRTYPE: "character", tarfile.BLKTYPE: "block",
}
XATTR = "SCHILY.xattr."


def path_of(name):
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def entry(archive, member):
    content = archive.extractfile(member).read() if member.isreg() else b""
    return {
        "type": TYPES[member.type], "mode": member.mode, "uid": member.uid, "gid": member.gid,
        "uname": member.uname, "gname": member.gname, "mtime": int(member.mtime // 1),
        "size": member.size, "linkname": member.linkname,
        "device": [member.devmajor, member.devminor] if member.isdev() and not member.isfifo() else None,
        "xattrs": {
            key[len(XATTR):]: value.encode("utf-8", "surrogateescape").hex()
            for key, value in member.pax_headers.items() if key.startswith(XATTR)
        },
        "names": [path_of(member.name)],
        "sha256": hashlib.sha256(content).hexdigest(),
        "text": content.decode("latin-1") if len(content) <= 100 else "",
    }


def root(source):
    opened = {"name": source} if isinstance(source, str) else {
        "fileobj": io.BytesIO(base64.b64decode(source["base64"])),
    }
    order, entries = [], {}
    with tarfile.open(**opened) as archive:
        for member in archive:
            path = path_of(member.name)
            assert path not in entries, f"{path} twice"
            order.append(member.name)
            if member.islnk():
                entries[path] = entries[path_of(member.linkname)]
                entries[path]["names"].append(path)
                entries[path]["names"].sort()
            else:
                entries[path] = entry(archive, member)
    return {"order": order, "entries": entries}


print(json.dumps([root(source) for source in json.load(sys.stdin)]))
