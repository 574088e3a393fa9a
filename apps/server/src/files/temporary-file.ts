/** Names temporary files after the process that created them. If that process was killed, another one can remove them. */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { livenessOf, ownIdentity } from "./process-identity.ts";

/** If it is unknown whether the creator of a file still runs, the file counts as stale after this many milliseconds. */
export const STALE_MS = 60_000;

/** Replaces the content of `path` atomically: writes a temporary file, syncs it to the disk, and renames it. */
export async function replaceFile(path: string, content: Uint8Array | string, mode: number): Promise<void> {
  await removeStaleTemporaries(path);
  const temporary = temporaryName(path);
  try {
    await synced(temporary, "wx", mode, (file) => file.writeFile(content));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await synced(dirname(path), constants.O_RDONLY, mode, async () => undefined);
}

async function synced(
  path: string,
  flags: string | number,
  mode: number,
  use: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags, mode);
  try {
    await use(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Returns a new name for a temporary file, in the directory of `path`. */
export function temporaryName(path: string): string {
  return `${path}.${ownIdentity()}.${randomBytes(4).toString("hex")}.tmp`;
}

/** Removes the temporary files of `path` whose creators no longer run. */
export async function removeStaleTemporaries(path: string): Promise<void> {
  const directory = dirname(path);
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(directory)) {
    if (!name.startsWith(prefix)) continue;
    const rest = name.slice(prefix.length);
    const identity = /^(\d+\.\d+\.[0-9a-f]{8})\.[0-9a-f]{8}\.tmp$/.exec(rest)?.[1];
    // Version 0.1 of this server did not put the creator into the name.
    const isOurs = identity !== undefined || /^[0-9a-f]{12}\.tmp$/.test(rest);
    const file = join(directory, name);
    if (isOurs && (await isStale(file, identity))) await rm(file, { force: true });
  }
}

/** Returns whether the creator of a file no longer runs. If `identity` does not tell, the age of the file decides. */
export async function isStale(file: string, identity: string | undefined): Promise<boolean> {
  const liveness = identity === undefined ? "unknown" : livenessOf(identity);
  if (liveness !== "unknown") return liveness === "gone";
  const status = await stat(file).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs > STALE_MS;
}
