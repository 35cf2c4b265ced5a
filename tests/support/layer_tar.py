"""The tar of a layer of store paths as nixpkgs' streamLayeredImage makes it, with Python's tarfile."""
import pathlib, tarfile


def write_layer(out, paths, root, owner):
    """Writes the store paths under `root` to `out`; `owner` has uid, gid, uname, gname, mtime."""

    def own(member):
        for field in ("uid", "gid", "uname", "gname", "mtime"):
            setattr(member, field, owner[field])
        return member

    with tarfile.open(fileobj=out, mode="w|") as layer:
        for parent in ["/nix", "/nix/store"]:
            member = tarfile.TarInfo(parent)
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            layer.addfile(own(member))
        for path in paths:
            top = pathlib.Path(root + path)
            below = [] if top.is_symlink() else top.rglob("*")
            for file in sorted([top, *below]):
                member = own(layer.gettarinfo(file))
                member.name = str(file)[len(root):]
                if member.islnk():  # the second of two hard links
                    member.type, member.linkname = tarfile.REGTYPE, ""
                    member.size = file.stat().st_size
                if member.isreg():
                    with open(file, "rb") as content:
                        layer.addfile(member, content)
                else:
                    layer.addfile(member)
