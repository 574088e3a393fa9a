/** Temporary files named after the process that made them, so that the next process removes what a killed one left. */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { lifeOf, ownMark } from "./process-mark.ts";

/** A file whose maker cannot be identified is left alone for this long, in milliseconds. */
export const FORGOTTEN_MS = 60_000;

/**
 * Write `path` through a temporary file, fsync and rename, so that a crash leaves the old content or the new one. What earlier
 * writers left when they were killed is removed.
 */
export async function replaceFile(path: string, content: Uint8Array | string, mode: number): Promise<void> {
  await removeLeftTemporaries(path);
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

/** A name beside `path` for a file that is going to take its place. */
export function temporaryName(path: string): string {
  return `${path}.${ownMark()}.${randomBytes(4).toString("hex")}.tmp`;
}

/** Removes the temporary files of `path` whose makers are gone. */
export async function removeLeftTemporaries(path: string): Promise<void> {
  const directory = dirname(path);
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(directory)) {
    if (!name.startsWith(prefix)) continue;
    const rest = name.slice(prefix.length);
    const mark = /^(\d+\.\d+\.[0-9a-f]{8})\.[0-9a-f]{8}\.tmp$/.exec(rest)?.[1];
    // Version 0.1 did not write down who made them.
    const isOurs = mark !== undefined || /^[0-9a-f]{12}\.tmp$/.test(rest);
    const file = join(directory, name);
    if (isOurs && (await isLeft(file, mark))) await rm(file, { force: true });
  }
}

/** Whether the maker of a file is gone: by its mark, else by its age. */
export async function isLeft(file: string, mark: string | undefined): Promise<boolean> {
  const life = mark === undefined ? "unknown" : lifeOf(mark);
  if (life !== "unknown") return life === "gone";
  const status = await stat(file).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs > FORGOTTEN_MS;
}
