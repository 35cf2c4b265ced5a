import assert from "node:assert/strict";
import { ImageError, UsageError } from "../../src/errors.ts";
import { OutputDirectory, OutputFile } from "../../src/disk/output_part.ts";
import { inDirectory } from "../support/directories.ts";

function namesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

Deno.test("OutputFile is under its name when it is committed, and gone when it is not", async () => {
  await inDirectory(async (directory) => {
    for (const commits of [false, true]) {
      {
        using file = new OutputFile(`${directory}/a.tar`);
        assert.match(namesIn(directory).join(), /^\.a\.tar\.[0-9a-f]{16}\.nix-image-part$/);
        await file.write(new TextEncoder().encode("content"));
        if (commits) file.commit();
      }
      assert.deepEqual(namesIn(directory), commits ? ["a.tar"] : []);
    }
    assert.equal(await Deno.readTextFile(`${directory}/a.tar`), "content");
  });
});

Deno.test("OutputFile takes a name as long as the file system allows", async () => {
  await inDirectory((directory) => {
    for (const name of ["n".repeat(255), "😀".repeat(63)]) {
      using file = new OutputFile(`${directory}/${name}`);
      file.commit();
      assert.ok(Deno.statSync(`${directory}/${name}`).isFile);
    }
  });
});

Deno.test("two outputs with one target do not disturb each other; the last one stays", async () => {
  await inDirectory(async (directory) => {
    const target = `${directory}/a`;
    using first = new OutputFile(target);
    using second = new OutputFile(target);
    assert.equal(namesIn(directory).length, 2);
    await first.write(new Uint8Array([1]));
    await second.write(new Uint8Array([2]));
    second.commit();
    first.commit();
    assert.deepEqual(namesIn(directory), ["a"]);
    assert.deepEqual([...await Deno.readFile(target)], [1]);
  });
});

Deno.test("OutputFile removes parts that nobody holds, of its own target alone", async () => {
  await inDirectory(async (directory) => {
    const part = (name: string) => `.${name}.0123456789abcdef.nix-image-part`;
    await Deno.mkdir(`${directory}/outside`);
    await Deno.writeTextFile(`${directory}/outside/file`, "");
    await Deno.writeTextFile(`${directory}/${part("a")}`, "");
    const kept = [part("b"), part("aa"), `x${part("a")}`, ".a.0.nix-image-part"];
    for (const name of kept) await Deno.writeTextFile(`${directory}/${name}`, "");
    // A link in the guise of a part, to what is not ours.
    const link = ".a.ffffffffffffffff.nix-image-part";
    await Deno.symlink("outside", `${directory}/${link}`);
    using _file = new OutputFile(`${directory}/a`);
    const names = namesIn(directory);
    assert.ok(!names.includes(part("a")));
    for (const name of [...kept, link, "outside"]) assert.ok(names.includes(name), name);
    assert.deepEqual(namesIn(`${directory}/outside`), ["file"]);
  });
});

Deno.test("OutputDirectory is under its name when it is committed, and gone with its content when it is not", async () => {
  await inDirectory(async (directory) => {
    const target = `${directory}/layer`;
    for (const commits of [false, true]) {
      {
        using output = new OutputDirectory(target);
        await Deno.writeTextFile(`${output.path}/file`, "content");
        // Another one beside it takes away nothing of it.
        using _other = new OutputDirectory(`${directory}/layer`);
        if (commits) output.commit();
      }
      assert.deepEqual(namesIn(directory), commits ? ["layer"] : []);
    }
    assert.deepEqual(namesIn(target), ["file"]);
    assert.throws(() => new OutputDirectory(target), (error) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.message, `${target} is there already; name a new directory`);
      return true;
    });
    const nowhere = `${directory}/missing/layer`;
    assert.throws(() => new OutputDirectory(nowhere), (error) => {
      assert.ok(error instanceof ImageError);
      assert.match(error.message, /there is no directory .*\/missing$/);
      return true;
    });
  });
});

Deno.test("a program that did not ask for it has its signals for itself", async () => {
  await inDirectory(async (directory) => {
    const module = new URL("../../src/disk/output_part.ts", import.meta.url);
    const program = `
      import { OutputFile } from "${module}";
      using file = new OutputFile("${directory}/file");
      Deno.addSignalListener("SIGTERM", () => Deno.exit(7));
      Deno.kill(Deno.pid, "SIGTERM");
      await new Promise((done) => setTimeout(done, 10_000));
    `;
    const { code } = await new Deno.Command(Deno.execPath(), { args: ["eval", program] }).output();
    assert.equal(code, 7);
  });
});
