"""Makes a tree with what is hard about files, and tells what is in it.

Arguments: the directory to make. Answers a list of entries, a directory before what is in it, names
by their bytes; the content as its SHA-256."""
import hashlib, json, os, stat, sys

top = os.fsencode(sys.argv[1])

def make(name, content=b"", mode=0o644):
    path = os.path.join(top, name)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, mode)

def make_sparse(name, size, parts):
    with open(os.path.join(top, name), "wb") as file:
        for at, content in parts:
            file.seek(at)
            file.write(content)
        file.truncate(size)

def noise(length, seed):
    return hashlib.shake_128(seed).digest(length)

def fill():
    os.mkdir(top)
    make(b"empty")
    make(b"byte", b"x", 0o600)
    make(b"setuid", b"#!", 0o4755)
    make(b"sticky", b"", 0o1777)
    make(b"unreadable", b"secret", 0o400)
    for size in 1023, 1024, 1025, 4095, 4096, 4097, 12 * 1024, 12 * 1024 + 1, 12 * 4096 + 1:
        make(b"of %d" % size, noise(size, b"%d" % size))
    make(b"large", noise(13_000_000, b"large"))
    mebi = 1 << 20
    make_sparse(b"holes", 5 * mebi + 17, [(i * mebi // 2 + 4096, noise(5000, b"%d" % i)) for i in range(10)])
    make_sparse(b"hole at the end", 3 * mebi, [(0, b"start")])
    make_sparse(b"only a hole", 3 * mebi + 1, [])
    # Behind what doubly indirect blocks of 1 KiB reach.
    make_sparse(b"far", 70 * mebi, [(66 * mebi, noise(20_000, b"far")), (70 * mebi - 1, b"!")])
    for name in b"a" * 255, "é€😀".encode(), b"\xe9", b"a\xff\xfeb", b"new\nline", b".hidden", b"-rf", b"\\", b"~":
        make(name, name)
    # Characters beyond U+FFFF come before U+E000 in UTF-16, behind it in bytes.
    for name in "\ue000", "\U00010000", "\uffff":
        make(name.encode(), name.encode())
    for length in 1, 58, 59, 60, 61, 1000, 1023:
        os.symlink(b"t" * length, os.path.join(top, b"link of %d" % length))
    os.symlink(b"\xff/\xc3\xa9", os.path.join(top, b"link to bytes"))
    os.mkfifo(os.path.join(top, b"fifo"), 0o640)
    os.mkdir(os.path.join(top, b"many"))
    # Names of a few files: mke2fs takes long to make so many.
    for i in range(5000):
        name = b"many/entry number %d" % i
        if i < 500:
            make(name)
        else:
            os.link(os.path.join(top, b"many/entry number %d" % (i % 500)), os.path.join(top, name))
    os.mkdir(os.path.join(top, b"private"), 0o700)
    os.mkdir(os.path.join(top, b"a"))
    make(b"a/b", b"behind a.b by its path, before it in the tree")
    make(b"a.b")
    deep = b"deep"
    for i in range(200):
        os.mkdir(os.path.join(top, deep))
        deep += b"/d%d" % i
    make(deep, b"bottom")
    for i in range(3):
        os.link(os.path.join(top, b"of 1025"), os.path.join(top, b"private", b"%d" % i))
    for path in b"byte", b"many", b"a/b":
        os.utime(os.path.join(top, path), (0, 1_234_567_890))
    os.utime(os.path.join(top, b"empty"), (0, -1))

def kind(mode):
    return {
        stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
    }[stat.S_IFMT(mode)]

def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

def entries(path):
    place = os.path.join(top, path) if path else top
    info = os.lstat(place)
    is_file, is_link = stat.S_ISREG(info.st_mode), stat.S_ISLNK(info.st_mode)
    yield {
        "path": os.fsdecode(path),
        "type": kind(info.st_mode),
        "mode": stat.S_IMODE(info.st_mode),
        "uid": info.st_uid,
        "gid": info.st_gid,
        "mtime": info.st_mtime_ns // 10**9,
        "size": info.st_size if is_file else 0,
        "target": os.fsdecode(os.readlink(place)) if is_link else "",
        "sha256": digest(place) if is_file else "",
        "links": info.st_nlink if is_file else 0,
        "same": info.st_ino if is_file and info.st_nlink > 1 else 0,
    }
    if stat.S_ISDIR(info.st_mode):
        for name in sorted(os.listdir(place)):
            yield from entries(os.path.join(path, name) if path else name)

fill()
print(json.dumps(list(entries(b""))))
