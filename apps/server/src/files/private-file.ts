/** Reads and writes secret files. A file that another user could read or replace is refused. */
import type { Stats } from "node:fs";
import { lstat, mkdir, readlink, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ifPresent } from "./missing-file.ts";
import { FileRefusedError, readRegularFile } from "./regular-file.ts";
import { replaceFile } from "./temporary-file.ts";

export interface SecretRights {
  /** Whether root may own the file, and a group of this process may read it, as in a Kubernetes Secret. Default false. */
  readonly groupReadable?: boolean;
}

/** Longer chains of symbolic links count as loops, as in Linux. */
const MAX_LINKS = 40;

/**
 * Reads a secret file. It must be a regular file of this user, without permissions beyond `rights`, in a directory where others
 * cannot replace it. Symbolic links are followed, and the directory of each link is checked too. Errors: FileRefusedError,
 * ENOENT.
 */
export async function readPrivateFile(path: string, rights: SecretRights = {}): Promise<Uint8Array> {
  await requireSafePath(path, rights);
  return (await readRegularFile(path, (status) => requireOwnerAndMode(path, status, rights))).content;
}

/** Throws a FileRefusedError if {@link readPrivateFile} would refuse the file. */
export async function requirePrivate(path: string, status: Stats, rights: SecretRights): Promise<void> {
  await requireSafePath(path, rights);
  requireOwnerAndMode(path, status, rights);
}

/** Writes a secret file (mode 0600) atomically. Creates its directory (mode 0700) if it is absent. Errors: FileRefusedError. */
export async function writePrivateFile(
  path: string,
  content: Uint8Array | string,
  rights: SecretRights = {},
): Promise<void> {
  const directory = dirname(resolve(path));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await requireSafeDirectory(path, await realpath(directory), undefined, rights);
  await replaceFile(path, content, 0o600);
}

/** Checks the owner and the mode of a file. Windows has neither, so nothing is checked there. */
function requireOwnerAndMode(path: string, { uid, gid, mode }: Stats, { groupReadable = false }: SecretRights): void {
  const user = process.geteuid?.();
  if (user === undefined) return;
  if (uid === user && (mode & 0o077) === 0) return;
  const forGroup = (uid === user || uid === 0) && (mode & 0o037) === 0 && ownGroups().has(gid);
  if (forGroup && groupReadable) return;
  const instead = forGroup ? ", or set grep11.allowGroupReadableSecrets if nobody else is in its group" : "";
  if (uid !== user)
    throw new FileRefusedError(path, "it belongs to another user", `chown it to the server's user${instead}`);
  throw new FileRefusedError(path, "others may read or write it", `chmod 600${instead}`);
}

/** Checks that no other user can replace `path` or a symbolic link that leads to the file. Errors: FileRefusedError, ENOENT. */
async function requireSafePath(path: string, rights: SecretRights): Promise<void> {
  let at = resolve(path);
  for (let links = 0; links <= MAX_LINKS; links++) {
    const directory = await realpath(dirname(at));
    at = join(directory, basename(at));
    const entry = await ifPresent(lstat(at));
    await requireSafeDirectory(path, directory, entry, rights);
    if (!entry?.isSymbolicLink()) return;
    at = resolve(directory, await readlink(at));
  }
  throw new FileRefusedError(path, "its symbolic links form a loop", "name the file itself");
}

/**
 * Checks that only this user and root can replace `entry` in the directory. If the directory has the sticky bit, as /tmp and the
 * root of a Kubernetes volume have, others may add files but cannot replace those of this user or root.
 */
async function requireSafeDirectory(
  path: string,
  directory: string,
  entry: Stats | undefined,
  { groupReadable = false }: SecretRights,
): Promise<void> {
  const user = process.geteuid?.();
  if (user === undefined) return;
  const { uid, gid, mode } = await stat(directory);
  const isTrusted = (owner: number): boolean => owner === user || owner === 0;
  if (!isTrusted(uid)) throw new FileRefusedError(path, "its directory belongs to another user", "chown the directory");
  const isSticky = (mode & 0o1000) !== 0 && (entry === undefined || isTrusted(entry.uid));
  if (isSticky) return;
  if ((mode & 0o002) !== 0)
    throw new FileRefusedError(path, "its directory is writable by everybody", "chmod o-w the directory");
  // On many systems, each user has a private group whose number is that of the user.
  const isOwnGroup = gid === user || (groupReadable && ownGroups().has(gid));
  if ((mode & 0o020) !== 0 && !isOwnGroup)
    throw new FileRefusedError(path, `its directory is writable by group ${gid}`, "chmod g-w the directory");
}

function ownGroups(): ReadonlySet<number> {
  return new Set([process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])]);
}
