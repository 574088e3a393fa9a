import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PrivateFileError, readPrivateFile, readPrivateFileIfAny, writePrivateFile } from "./private-file.ts";

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "grep11-private-"));
  file = join(directory, "secret");
});
afterEach(async () => {
  await chmod(directory, 0o700);
  await rm(directory, { recursive: true });
});

describe("a secret file", () => {
  it("is written for its owner only, whole, leaving nothing beside it", async () => {
    await writePrivateFile(file, "one");
    await writePrivateFile(file, new TextEncoder().encode("two"));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(new TextDecoder().decode(await readPrivateFile(file))).toBe("two");
    expect(await readdir(directory)).toEqual(["secret"]);
  });

  it("gets a directory of its own where there is none", async () => {
    await writePrivateFile(join(directory, "a", "b"), "x");
    expect((await stat(join(directory, "a"))).mode & 0o777).toBe(0o700);
  });

  it.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o601])("is refused with mode %o", async (mode) => {
    await writeFile(file, "secret");
    await chmod(file, mode);
    await expect(readPrivateFile(file)).rejects.toBeInstanceOf(PrivateFileError);
  });

  it("is refused as a symbolic link, as a directory, and in a directory everybody may write to", async () => {
    await writePrivateFile(file, "secret");
    const link = join(directory, "link");
    await symlink(file, link);
    await expect(readPrivateFile(link)).rejects.toBeInstanceOf(PrivateFileError);
    await mkdir(join(directory, "folder"), { mode: 0o700 });
    await expect(readPrivateFile(join(directory, "folder"))).rejects.toBeInstanceOf(PrivateFileError);
    await chmod(directory, 0o777);
    await expect(readPrivateFile(file)).rejects.toBeInstanceOf(PrivateFileError);
  });

  it("may be absent only where that is asked for", async () => {
    expect(await readPrivateFileIfAny(file)).toBeUndefined();
    await expect(readPrivateFile(file)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("leaves nothing behind when it cannot be put in place", async () => {
    await mkdir(join(file, "in the way"), { recursive: true });
    await expect(writePrivateFile(file, "new")).rejects.toThrow();
    expect(await readdir(directory)).toEqual(["secret"]);
  });
});
