/**
 * Base images for tests, made by other programs and by ours.
 * @module
 */

import { findProgram } from "../../tasks/programs.ts";
import type { Docker } from "./dockerd.ts";
import { nixImageCommand, succeed } from "./program.ts";
import type { Scratch } from "./scratch.ts";

/**
 * A root file system as Debian's is laid out: programs are in /usr/bin, and /bin is a link. It has
 * `sh`, `ls`, `cat` and `busybox`.
 */
export async function mergedUsrRoot(directory: string): Promise<string> {
  const root = `${directory}/root-${crypto.randomUUID()}`;
  const script = 'mkdir -p "$1/usr/bin" "$1/etc" "$1/tmp" "$1/run/lock"; chmod 1777 "$1/tmp"; ' +
    'chmod 700 "$1/run/lock"; ln -s usr/bin "$1/bin"; cp "$2" "$1/usr/bin/busybox"; ' +
    'for name in sh ls cat; do ln -s busybox "$1/usr/bin/$name"; done; echo base > "$1/etc/base"; ' +
    'tar --create --sort=name --mtime=@1 --file "$1.tar" --directory "$1" --owner=0 --group=0 .';
  await succeed(["sh", "-ec", script, "sh", root, findProgram("busybox") ?? ""]);
  return `${root}.tar`;
}

/** An image that Docker made of that root, under this name, as `docker save` writes it. */
export async function dockerBase(
  docker: Docker,
  scratch: Scratch,
  name: string,
  ...changes: string[]
): Promise<string> {
  const root = await mergedUsrRoot(scratch.path);
  const options = changes.flatMap((change) => ["--change", change]);
  await docker.docker("import", ...options, root, name);
  const archive = `${scratch.path}/${name.replace(/[^\w]/g, "-")}.tar`;
  await docker.docker("save", "--output", archive, name);
  return archive;
}

/** The archive that `nix-image build` makes of a spec. */
export async function builtArchive(
  scratch: Scratch,
  spec: { readonly name: string } & Readonly<Record<string, unknown>>,
  ...args: string[]
): Promise<string> {
  const archive = `${scratch.path}/${spec.name}-${crypto.randomUUID()}.tar.gz`;
  const command = [...nixImageCommand(), "build", "--quiet", "--output", archive];
  await succeed([...command, ...args, scratch.spec(spec)]);
  return archive;
}

/**
 * The same image, of one layer, but that has it twice. As old versions of Docker wrote it: the second
 * place is a link to the first.
 */
export async function listingLayerTwice(scratch: Scratch, archive: string): Promise<string> {
  const twice = `${scratch.path}/twice.tar`;
  await succeed(["python3", "-c", TWICE, archive, twice]);
  return twice;
}

const TWICE = `
import hashlib, io, json, sys, tarfile

old, new = sys.argv[1:]
with tarfile.open(old) as source, tarfile.open(new, "w") as target:
    manifest = json.load(source.extractfile("manifest.json"))
    config = json.load(source.extractfile(manifest[0]["Config"]))
    layer = manifest[0]["Layers"][0]

    def add(name, content):
        member = tarfile.TarInfo(name)
        member.size = len(content)
        target.addfile(member, io.BytesIO(content))

    add("first/layer.tar", source.extractfile(layer).read())
    link = tarfile.TarInfo("second/layer.tar")
    link.type, link.linkname = tarfile.SYMTYPE, "../first/layer.tar"
    target.addfile(link)
    config["rootfs"]["diff_ids"] *= 2
    config["history"] *= 2
    text = json.dumps(config).encode()
    name = hashlib.sha256(text).hexdigest() + ".json"
    add(name, text)
    manifest[0].update(Config=name, Layers=["first/layer.tar", "second/layer.tar"])
    add("manifest.json", json.dumps(manifest).encode())
`;
