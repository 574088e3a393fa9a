/**
 * Files that hold secrets: read only when nobody else can reach them, written so that a crash leaves the old content or
 * the new one, never half of either.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** A secret file that is refused; the message names the file, the reason and the remedy, never its content. */
export class PrivateFileError extends Error {
  override readonly name = "PrivateFileError";
}

/** Largest secret file that is read, in bytes. */
const MAX_BYTES = 1 << 20;

/**
 * Content of a secret file. Refused (design of SECURITY.md, "Files"): anything but a regular file, a symbolic link, an owner
 * other than this process's user, any right for group or others, a parent that everybody may write to.
 * Errors: {@link PrivateFileError}; ENOENT passes through.
 */
export async function readPrivateFile(path: string): Promise<Uint8Array> {
  const parent = await lstat(dirname(resolve(path)));
  const user = process.geteuid?.();
  if ((parent.mode & 0o002) !== 0) refuse(path, "its directory is writable by everybody", "chmod o-w the directory");
  if ((await lstat(path)).isSymbolicLink()) refuse(path, "it is a symbolic link", "name the file itself");
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const status = await file.stat();
    if (!status.isFile()) refuse(path, "it is not a regular file", "name a regular file");
    if (user !== undefined && status.uid !== user)
      refuse(path, "it belongs to another user", "chown it to the server's user");
    if ((status.mode & 0o077) !== 0) refuse(path, "others may read or write it", "chmod 600");
    if (status.size > MAX_BYTES) refuse(path, "it is longer than 1 MiB", "name the right file");
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Write a secret file (mode 0600) through a temporary one, fsync and rename. Its directory is made (0700) if absent. */
export async function writePrivateFile(path: string, content: Uint8Array | string): Promise<void> {
  const directory = dirname(resolve(path));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await writeSynced(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const folder = await open(directory, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writeSynced(path: string, content: Uint8Array | string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Content of `path`, or undefined when there is no such file. Errors: as {@link readPrivateFile}. */
export async function readPrivateFileIfAny(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readPrivateFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function refuse(path: string, reason: string, remedy: string): never {
  throw new PrivateFileError(`${path}: refused, ${reason}; ${remedy}`);
}
