"""The customisation layer of nixpkgs: GNU tar over what lndir makes of the contents.

usage: lndir_tar.py ROOT OUT.tar CONTENT...   (contents in the store below ROOT)
"""
import base64, sys

from lndir_farms import join

with open(sys.argv[2], "wb") as out:
    out.write(base64.b64decode(join(sys.argv[1], sys.argv[3:])["tar"]))
