"""The headers that Python's tarfile writes in its default format, in hexadecimal."""
import json, sys, tarfile

TYPES = {"file": tarfile.REGTYPE, "directory": tarfile.DIRTYPE, "symlink": tarfile.SYMTYPE}


def header(fields):
    member = tarfile.TarInfo()
    for field, value in fields.items():
        setattr(member, field, TYPES[value] if field == "type" else value)
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape").hex()


print(json.dumps([header(fields) for fields in json.load(sys.stdin)]))
