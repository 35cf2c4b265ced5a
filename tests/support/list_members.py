"""The members of a tar archive as Python's tarfile reads them."""
import json, sys, tarfile

with tarfile.open(json.load(sys.stdin)) as archive:
    print(json.dumps([
        {
            "name": member.name,
            "owner": [member.uid, member.gid, member.uname, member.gname],
            "mode": member.mode,
            "mtime": member.mtime,
            "xattrs": {
                name: value.encode("utf-8", "surrogateescape").hex()
                for name, value in member.pax_headers.items()
                if name.startswith("SCHILY.xattr.")
            },
        }
        for member in archive
    ]))
