/**
 * One change of a keyring at a time, over all processes that share its directory. A lock names its owner: that of a process
 * which is gone is removed by the next one. Who holds one on another machine, or in another container, shows it by
 * touching the file.
 */
import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { ownMark } from "../files/process-mark.ts";
import { FORGOTTEN_MS, isLeft, removeLeftTemporaries, temporaryName } from "../files/temporary-file.ts";

const TRIES = 5;

/** Somebody else is changing the keyring. */
export class KeyringLockedError extends Error {
  override readonly name = "KeyringLockedError";
  constructor(lock: string, holder: string) {
    const pid = /^(\d+)\./.exec(holder)?.[1];
    const who = pid === undefined ? "another command" : `another command (process ${pid})`;
    super(`${lock} exists: ${who} is changing the keyring; try again when it is done`);
  }
}

/** A lock that this process holds. */
export interface KeyringLock {
  /** Throws when the lock was lost, because this process was suspended for too long. Errors: {@link KeyringLockedError}. */
  requireHeld(): Promise<void>;
  release(): Promise<void>;
}

/** Takes the lock, or throws {@link KeyringLockedError} at once. */
export async function lockKeyring(lock: string): Promise<KeyringLock> {
  await removeLeftTemporaries(lock);
  const content = `${ownMark()}.${randomBytes(4).toString("hex")}`;
  for (let tries = 0; !(await put(lock, content)); tries++) {
    const found = await contentOf(lock);
    if (found === undefined) continue;
    if (tries === TRIES || !(await isLeft(lock, markIn(found)))) throw new KeyringLockedError(lock, found);
    await remove(lock, found);
  }
  const touch = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => undefined);
  }, FORGOTTEN_MS / 10);
  touch.unref();
  return {
    async requireHeld() {
      const found = await contentOf(lock);
      if (found !== content) throw new KeyringLockedError(lock, found ?? "");
    },
    async release() {
      clearInterval(touch);
      if ((await contentOf(lock)) === content) await rm(lock, { force: true });
    },
  };
}

function markIn(content: string): string | undefined {
  return /^(\d+\.\d+\.[0-9a-f]{8})\.[0-9a-f]{8}$/.exec(content)?.[1];
}

/** Puts a lock in its place, with its whole content at once; false when there is one. */
async function put(lock: string, content: string): Promise<boolean> {
  const temporary = temporaryName(lock);
  try {
    await writeFile(temporary, content, { flag: "wx", mode: 0o600 });
    await link(temporary, lock);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    // Some network file systems have no hard links.
    if (["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(code ?? "")) return create(lock, content);
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function create(lock: string, content: string): Promise<boolean> {
  try {
    await writeFile(lock, content, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Removes the lock with this content. Another that took its place meanwhile is put back. */
async function remove(lock: string, content: string): Promise<void> {
  const aside = temporaryName(lock);
  try {
    await rename(lock, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if ((await contentOf(aside)) !== content) await link(aside, lock).catch(() => undefined);
  await rm(aside, { force: true });
}

async function contentOf(lock: string): Promise<string | undefined> {
  try {
    return await readFile(lock, "latin1");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
