/**
 * Allows one change of a keyring at a time, among all processes that share its directory. The lock file names the process that
 * holds the lock, which also touches the file regularly. If that process no longer runs, the next one removes the lock. If it
 * may run on another machine or in another container, the age of the file decides.
 */
import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { ifPresent } from "../files/missing-file.ts";
import { ownIdentity } from "../files/process-identity.ts";
import { isStale, removeStaleTemporaries, STALE_MS, temporaryName } from "../files/temporary-file.ts";

const TRIES = 5;

/** Reports that another process is changing the keyring. */
export class KeyringLockedError extends Error {
  override readonly name = "KeyringLockedError";
  constructor(lock: string, owner: string) {
    const pid = /^(\d+)\./.exec(owner)?.[1];
    const who = pid === undefined ? "another command" : `another command (process ${pid})`;
    super(`${lock} exists: ${who} is changing the keyring; try again when it is done`);
  }
}

interface KeyringLock {
  /** Throws a KeyringLockedError if another process has removed the lock, because this process was suspended for too long. */
  requireHeld(): Promise<void>;
  release(): Promise<void>;
}

/** Takes the lock. Throws a KeyringLockedError at once if another process holds it. */
export async function lockKeyring(lock: string): Promise<KeyringLock> {
  await removeStaleTemporaries(lock);
  const content = `${ownIdentity()}.${randomBytes(4).toString("hex")}`;
  for (let tries = 0; !(await put(lock, content)); tries++) {
    const found = await ifPresent(readFile(lock, "latin1"));
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
      const found = await ifPresent(readFile(lock, "latin1"));
      if (found !== content) throw new KeyringLockedError(lock, found ?? "");
    },
    async release() {
      clearInterval(touch);
      if ((await ifPresent(readFile(lock, "latin1"))) === content) await rm(lock, { force: true });
    },
  };
}

function identityIn(content: string): string | undefined {
  return /^(\d+\.\d+\.[0-9a-f]{8})\.[0-9a-f]{8}$/.exec(content)?.[1];
}

/** Creates the lock file with its content atomically. Returns false if there is one already. */
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

/** Removes the lock file if it has this content. If a new lock has replaced it in the meantime, restores the new lock. */
async function remove(lock: string, content: string): Promise<void> {
  const aside = temporaryName(lock);
  await ifPresent(rename(lock, aside));
  const removed = await ifPresent(readFile(aside, "latin1"));
  if (removed !== undefined && removed !== content) await link(aside, lock).catch(() => undefined);
  await rm(aside, { force: true });
}
