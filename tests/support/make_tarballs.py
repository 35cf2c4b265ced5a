"""Makes a tar archive in a directory for each entry of {NAME: [FORMAT, COMPRESSION]} on stdin."""

import json
import sys
import tarfile

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}

for name, (format, compression) in json.load(sys.stdin).items():
    path = f"{sys.argv[1]}/{name}"
    with tarfile.open(path, f"w:{compression}", format=FORMATS[format]) as archive:
        archive.addfile(tarfile.TarInfo("empty"))
