"""What is below a directory: [path, type, mode, target, content], sorted; the directory itself is ""."""
import json, os, stat, sys

def entry(directory, path):
    place = os.path.join(directory, path) if path else directory
    info = os.lstat(place)
    kind = {
        stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink",
        stat.S_IFIFO: "fifo", stat.S_IFCHR: "character", stat.S_IFBLK: "block",
    }[stat.S_IFMT(info.st_mode)]
    target = os.readlink(place) if kind == "symlink" else ""
    content = open(place, encoding="latin1", newline="").read() if kind == "file" else ""
    return [path, kind, stat.S_IMODE(info.st_mode), target, content]

directory = sys.argv[1]
found = [entry(directory, "")]
for parent, directories, files in os.walk(directory):
    for name in directories + files:
        found.append(entry(directory, os.path.relpath(os.path.join(parent, name), directory)))
print(json.dumps(sorted(found)))
