"""The headers that Python's tarfile writes, in hexadecimal; in its default format unless the argument is `gnu`."""
import json, sys, tarfile

TYPES = {
    "file": tarfile.REGTYPE,
    "directory": tarfile.DIRTYPE,
    "symlink": tarfile.SYMTYPE,
    "fifo": tarfile.FIFOTYPE,
    "character": tarfile.CHRTYPE,
    "block": tarfile.BLKTYPE,
}
FORMAT = tarfile.GNU_FORMAT if "gnu" in sys.argv else tarfile.PAX_FORMAT
XATTR = "SCHILY.xattr."


class Raw(str):
    """The value of a record that is bytes and no text."""

    def encode(self, *_):
        return bytes.fromhex(self)


class Member(tarfile.TarInfo):
    @classmethod
    def _create_pax_generic_header(cls, headers, type, encoding):
        # Python puts what it is given before its own records; GNU tar has attributes at the end.
        ordered = dict(sorted(headers.items(), key=lambda item: item[0].startswith(XATTR)))
        return super()._create_pax_generic_header(ordered, type, encoding)


def header(fields):
    member = Member()
    for field, value in fields.items():
        if field == "device":
            member.devmajor, member.devminor = value["major"], value["minor"]
        elif field == "xattrs":
            member.pax_headers = {XATTR + name: Raw(data) for name, data in sorted(value.items())}
        else:
            setattr(member, field, TYPES[value] if field == "type" else value)
    return member.tobuf(FORMAT, "utf-8", "surrogateescape").hex()


print(json.dumps([header(fields) for fields in json.load(sys.stdin)]))
