/**
 * A lock that allows only one change of a keyring at a time, among all processes that share its directory. The lock file
 * identifies its owner. If that process no longer runs, the next process removes the lock. If it runs on another machine or in
 * another container, it shows that it is alive by touching the file.
 */
import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { ownIdentity } from "../files/process-identity.ts";
import { isStale, removeStaleTemporaries, STALE_MS, temporaryName } from "../files/temporary-file.ts";

const TRIES = 5;

/** Another process is changing the keyring. */
export class KeyringLockedError extends Error {
  override readonly name = "KeyringLockedError";
  constructor(lock: string, owner: string) {
    const pid = /^(\d+)\./.exec(owner)?.[1];
    const who = pid === undefined ? "another command" : `another command (process ${pid})`;
    super(`${lock} exists: ${who} is changing the keyring; try again when it is done`);
  }
}

/** A lock that this process holds. */
interface KeyringLock {
  /** Throws {@link KeyringLockedError} if the lock was lost, because this process was suspended for too long. */
  requireHeld(): Promise<void>;
  release(): Promise<void>;
}

/** Takes the lock, or throws {@link KeyringLockedError} at once. */
export async function lockKeyring(lock: string): Promise<KeyringLock> {
  await removeStaleTemporaries(lock);
  const content = `${ownIdentity()}.${randomBytes(4).toString("hex")}`;
  for (let tries = 0; !(await put(lock, content)); tries++) {
    const found = await contentOf(lock);
    if (found === undefined) continue;
    if (tries === TRIES || !(await isStale(lock, identityIn(found)))) throw new KeyringLockedError(lock, found);
    await remove(lock, found);
  }
  const touch = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => undefined);
  }, STALE_MS / 10);
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

function identityIn(content: string): string | undefined {
  return /^(\d+\.\d+\.[0-9a-f]{8})\.[0-9a-f]{8}$/.exec(content)?.[1];
}

/** Creates the lock file with its content atomically. Returns false if there already is one. */
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

/** Removes the lock file if it has this content. If a different lock has replaced it, that one is restored. */
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
