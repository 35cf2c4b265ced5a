import assert from "node:assert/strict";
import { FakerootState } from "../../src/rootfs/fakeroot_state.ts";

// What fakeroot 1.31 wrote for: chown and setuid, mknod c 1 3, mknod b 8 1, a FIFO by mknod(2), a
// directory of mode 0, a symlink, a socket.
const SAVED = `dev=fe00,ino=10700028,mode=104755,uid=12345,gid=12346,nlink=1,rdev=0
dev=fe00,ino=10700029,mode=20644,uid=0,gid=0,nlink=1,rdev=259
dev=fe00,ino=10700030,mode=60644,uid=0,gid=0,nlink=1,rdev=2049
dev=fe00,ino=10700032,mode=10600,uid=0,gid=0,nlink=1,rdev=0
dev=fe00,ino=10700034,mode=40000,uid=0,gid=0,nlink=2,rdev=0
dev=fe00,ino=10700035,mode=120777,uid=1,gid=2,nlink=1,rdev=0
dev=fe00,ino=10700036,mode=140755,uid=1,gid=2,nlink=1,rdev=0
`;

Deno.test("FakerootState has type, mode, owner and device of each file", () => {
  const state = FakerootState.parse(SAVED, "state");
  const file = (ino: bigint) => state.lookup(0xfe00n, ino);
  const none = { uid: 0, gid: 0, device: undefined };
  assert.deepEqual(file(10700028n), {
    type: "file",
    mode: 0o4755,
    uid: 12345,
    gid: 12346,
    device: undefined,
  });
  const nullDevice = { major: 1, minor: 3 }, disk = { major: 8, minor: 1 };
  assert.deepEqual(file(10700029n), {
    ...none,
    type: "character",
    mode: 0o644,
    device: nullDevice,
  });
  assert.deepEqual(file(10700030n), { ...none, type: "block", mode: 0o644, device: disk });
  assert.deepEqual(file(10700032n), { ...none, type: "fifo", mode: 0o600 });
  assert.deepEqual(file(10700034n), { ...none, type: "directory", mode: 0 });
  assert.equal(file(10700035n)?.type, "symlink");
  assert.equal(file(10700036n)?.type, undefined);
  assert.equal(file(10700031n), undefined);
  assert.equal(state.lookup(0xfe01n, 10700028n), undefined);
});

Deno.test("FakerootState tells inodes beyond 2^53 apart, and large device numbers", () => {
  // makedev(0x12345, 0x6789a) of glibc, from Python's os.makedev.
  const state = FakerootState.parse(
    "dev=ffffffffffffffff,ino=18446744073709551615,mode=20600,uid=4294967294,gid=1,nlink=1," +
      "rdev=316661085455770\n",
    "state",
  );
  assert.equal(state.lookup(2n ** 64n - 1n, 2n ** 64n - 2n), undefined);
  const found = state.lookup(2n ** 64n - 1n, 2n ** 64n - 1n);
  assert.deepEqual(found?.device, { major: 0x12345, minor: 0x6789a });
  assert.equal(found?.uid, 4294967294);
});

Deno.test("FakerootState refuses what fakeroot does not write, and says where", () => {
  for (const line of ["dev=fe00,ino=1", "nonsense", " ", SAVED.split("\n")[0] + " "]) {
    assert.throws(() => FakerootState.parse(`${SAVED}${line}\n`, "/tmp/state"), {
      name: "ImageError",
      message: `/tmp/state, line 8: not what fakeroot writes: ${JSON.stringify(line)}`,
    });
  }
});
