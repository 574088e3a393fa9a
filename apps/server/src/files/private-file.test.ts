import { execFileSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ifPresent } from "./missing-file.ts";
import { readPrivateFile, writePrivateFile } from "./private-file.ts";
import { FileRefusedError, readTrustedFile } from "./regular-file.ts";

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

const IS_ROOT = process.geteuid?.() === 0;
if (!IS_ROOT) console.warn("skipped: only root can give files to other users");

describe("a secret file", () => {
  it("is written for its owner only, and leaves no other file", async () => {
    await writePrivateFile(file, "one");
    await writePrivateFile(file, new TextEncoder().encode("two"));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(new TextDecoder().decode(await readPrivateFile(file))).toBe("two");
    expect(await readdir(directory)).toEqual(["secret"]);
  });

  it("gets its directory created", async () => {
    await writePrivateFile(join(directory, "a", "b"), "x");
    expect((await stat(join(directory, "a"))).mode & 0o777).toBe(0o700);
  });

  it.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o601])("is refused with mode %o", async (mode) => {
    await writeFile(file, "secret");
    await chmod(file, mode);
    await expect(readPrivateFile(file)).rejects.toBeInstanceOf(FileRefusedError);
  });

  it("may be reached through symbolic links that nobody else can change", async () => {
    await writePrivateFile(file, "secret");
    await mkdir(join(directory, "links"), { mode: 0o700 });
    const link = join(directory, "links", "link");
    await symlink("../secret", link);
    expect(new TextDecoder().decode(await readPrivateFile(link))).toBe("secret");
    await chmod(join(directory, "links"), 0o777);
    await expect(readPrivateFile(link)).rejects.toBeInstanceOf(FileRefusedError);
    await chmod(join(directory, "links"), 0o700);
    await chmod(directory, 0o777);
    await expect(readPrivateFile(link)).rejects.toBeInstanceOf(FileRefusedError);
    await chmod(directory, 0o700);
    await chmod(file, 0o644);
    await expect(readPrivateFile(link)).rejects.toBeInstanceOf(FileRefusedError);
  });

  it("is refused when its symbolic links form a loop", async () => {
    await symlink("secret", file);
    await expect(readPrivateFile(file)).rejects.toBeInstanceOf(FileRefusedError);
  });

  it("is not read or written in a world-writable directory", async () => {
    await writePrivateFile(file, "secret");
    await chmod(directory, 0o777);
    await expect(readPrivateFile(file)).rejects.toBeInstanceOf(FileRefusedError);
    await expect(writePrivateFile(file, "new")).rejects.toBeInstanceOf(FileRefusedError);
    await chmod(directory, 0o1777);
    expect(new TextDecoder().decode(await readPrivateFile(file))).toBe("secret");
  });

  it.runIf(IS_ROOT)("is refused in a directory of another user, or that another group may write to", async () => {
    await writePrivateFile(file, "secret");
    await chown(directory, 0, 4321);
    await chmod(directory, 0o770);
    await expect(readPrivateFile(file)).rejects.toThrow("writable by group 4321");
    await expect(writePrivateFile(file, "new")).rejects.toBeInstanceOf(FileRefusedError);
    await chmod(directory, 0o750);
    expect(new TextDecoder().decode(await readPrivateFile(file))).toBe("secret");
    await chown(directory, 4321, 0);
    await expect(readPrivateFile(file)).rejects.toBeInstanceOf(FileRefusedError);
    await chown(directory, 0, 0);
  });

  it("may be absent only for ifPresent", async () => {
    expect(await ifPresent(readPrivateFile(file))).toBeUndefined();
    await expect(readPrivateFile(file)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("leaves no temporary file when it cannot be replaced", async () => {
    await mkdir(join(file, "in the way"), { recursive: true });
    await expect(writePrivateFile(file, "new")).rejects.toThrow();
    expect(await readdir(directory)).toEqual(["secret"]);
  });

  it("loses the temporary files of killed writers, but not those of running ones", async () => {
    const gone = execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }).trim();
    const { ownIdentity } = await import("./process-identity.ts");
    const [pid, started, scope] = ownIdentity().split(".");
    const left = [`secret.${gone}.${started}.${scope}.00000000.tmp`, `secret.${pid}.1.${scope}.00000000.tmp`];
    const kept = [
      `secret.${ownIdentity()}.00000000.tmp`,
      `secret.${pid}.1.00000000.00000000.tmp`,
      "secret.000000000000.tmp",
      "secret.txt.tmp",
    ];
    for (const name of [...left, ...kept]) await writeFile(join(directory, name), "half");
    await writePrivateFile(file, "new");
    expect((await readdir(directory)).sort()).toEqual(["secret", ...kept].sort());
    // A temporary file is removed when it is old, even if the process that created it cannot be determined.
    for (const name of kept) await utimes(join(directory, name), 1, 1);
    await writePrivateFile(file, "newer");
    expect((await readdir(directory)).sort()).toEqual(["secret", kept[0], "secret.txt.tmp"].sort());
  });
});

describe("what is not a regular file", () => {
  const kinds: readonly [string, (path: string) => Promise<unknown> | unknown][] = [
    ["a directory", (path) => mkdir(path, { mode: 0o700 })],
    ["a FIFO", (path) => execFileSync("mkfifo", ["-m", "600", path])],
    ["a device or a socket", (path) => symlink("/dev/zero", path)],
  ];
  it.each(kinds)("is refused at once: %s", async (kind, make) => {
    await make(file);
    for (const read of [readPrivateFile, readTrustedFile])
      await expect(read(file)).rejects.toThrow(
        kind === "a directory" || read === readTrustedFile ? `it is ${kind}` : "",
      );
  });

  it("is refused when it is longer than 1 MiB", async () => {
    await writeFile(file, Buffer.alloc((1 << 20) + 1), { mode: 0o600 });
    for (const read of [readPrivateFile, readTrustedFile])
      await expect(read(file)).rejects.toThrow("longer than 1 MiB");
    await writeFile(file, Buffer.alloc(1 << 20, 7));
    expect(Buffer.alloc(1 << 20, 7).equals(await readPrivateFile(file))).toBe(true);
  });
});

/**
 * Creates a volume like those of Kubernetes, in which all files are replaced at once. The file is a link into ..data, which is a
 * link to a folder with a date. This is the layout of Kubernetes' AtomicWriter
 * (https://kubernetes.io/docs/concepts/configuration/secret/, "Mounted Secrets are updated automatically").
 */
async function secretVolume(mode: number, [uid, gid]: readonly [number, number]): Promise<string> {
  const volume = join(directory, "volume");
  const dated = join(volume, "..2026_11_27");
  await mkdir(dated, { recursive: true });
  await writeFile(join(dated, "key"), "secret");
  await chown(join(dated, "key"), uid, gid);
  await chmod(join(dated, "key"), mode);
  await symlink("..2026_11_27", join(volume, "..data"));
  await symlink("..data/key", join(volume, "key"));
  await chown(volume, 0, gid);
  await chmod(volume, 0o3777);
  await chown(dated, 0, gid);
  await chmod(dated, 0o2755);
  await chmod(directory, 0o755);
  return join(volume, "key");
}

const USER = 12_345;
const FS_GROUP = 23_456;
const MODULE = fileURLToPath(new URL("../../dist/files/private-file.js", import.meta.url));

/** Reads the file as another user, who belongs to FS_GROUP. Returns the content, or the message of the error. */
function readAsUser(path: string, groupReadable: boolean): string {
  const script = `
    process.setgroups([${USER}, ${FS_GROUP}]);
    process.setgid(${USER});
    process.setuid(${USER});
    readPrivateFile(process.argv[1], { groupReadable: ${groupReadable} }).then(
      (bytes) => console.log(new TextDecoder().decode(bytes)),
      (error) => console.log(error.message),
    );`;
  const args = [
    "--input-type=module",
    "-e",
    `import { readPrivateFile } from ${JSON.stringify(MODULE)};${script}`,
    path,
  ];
  return execFileSync(process.execPath, args, { encoding: "utf8" }).trim();
}

describe.runIf(IS_ROOT)("a file of a Kubernetes Secret", () => {
  const root = [0, FS_GROUP] as const;
  const own = [USER, USER] as const;
  it.each<[number, readonly [number, number], boolean, string | RegExp]>([
    [0o440, root, true, "secret"],
    [0o640, root, true, "secret"],
    [0o440, [USER, FS_GROUP], true, "secret"],
    [0o400, own, false, "secret"],
    [0o600, own, true, "secret"],
    [0o440, root, false, /belongs to another user; .*allowGroupReadableSecrets/],
    [0o440, [USER, FS_GROUP], false, /others may read or write it; .*allowGroupReadableSecrets/],
    [0o444, root, true, /belongs to another user/],
    [0o644, own, true, /others may read or write it/],
    [0o460, root, true, /belongs to another user/],
    [0o440, [54_321, FS_GROUP], true, /belongs to another user/],
    [0o444, [0, 54_321], true, /belongs to another user/],
  ])("with mode %o and owner %j, group rights allowed: %s, gives %s", async (mode, owner, groupReadable, expected) => {
    const path = await secretVolume(mode, owner);
    expect(readAsUser(path, groupReadable)).toMatch(expected);
  });

  it("is refused where others can replace it", async () => {
    const path = await secretVolume(0o440, root);
    await chmod(join(directory, "volume", "..2026_11_27"), 0o2777);
    expect(readAsUser(path, true)).toContain("its directory is writable by everybody");
    await chmod(join(directory, "volume", "..2026_11_27"), 0o2775);
    expect(readAsUser(path, true)).toBe("secret");
    await chmod(join(directory, "volume"), 0o2777);
    expect(readAsUser(path, true)).toContain("its directory is writable by everybody");
  });
});
