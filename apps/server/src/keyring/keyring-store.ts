/** The keyring file: read, created and changed. What a keyring is and how it is sealed is the engine's business. */
import { randomBytes } from "node:crypto";
import { unwatchFile, watchFile } from "node:fs";
import { open, unlink } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import {
  type Keyring,
  parseDerivation,
  parseKeyring,
  serialiseKeyring,
  UnsealKey,
  type UnsealSecret,
} from "@grep11/engine";
import { readPrivateFile, readPrivateFileIfAny, writePrivateFile } from "../files/private-file.ts";
import type { KeyringSource } from "./keyring-source.ts";

/** Where the secret that opens a keyring comes from; asked when it is needed, and wiped after use. */
export type SecretSource = () => Promise<UnsealSecret>;

/** How often the file is looked at, in milliseconds. */
const WATCH_MS = 250;

/** One keyring file and the secret that opens it. */
export class KeyringStore implements KeyringSource {
  readonly file: string;
  readonly #secret: SecretSource;
  #unsealKey: UnsealKey | undefined;

  constructor(file: string, secret: SecretSource) {
    this.file = file;
    this.#secret = secret;
  }

  /**
   * The keyring as the file has it now. Errors: ENOENT, PrivateFileError; CKR_ARGUMENTS_BAD for a file that is none or another
   * kind of secret, CKR_IBM_BLOB_ERROR for a wrong secret.
   */
  async read(): Promise<Keyring> {
    const file = await readPrivateFile(this.file);
    const derivation = parseDerivation(file);
    if (this.#unsealKey === undefined || !isDeepStrictEqual(this.#unsealKey.derivation, derivation))
      this.#unsealKey = await this.#withSecret((secret) => UnsealKey.derive(secret, derivation));
    return parseKeyring(file, this.#unsealKey);
  }

  watch(changed: () => void): () => void {
    watchFile(this.file, { interval: WATCH_MS, persistent: false }, changed);
    return () => unwatchFile(this.file, changed);
  }

  /** Write the first content of the file. Errors: {@link KeyringExistsError}. */
  async create(keyring: Keyring): Promise<void> {
    await this.#locked(async () => {
      if ((await readPrivateFileIfAny(this.file)) !== undefined) throw new KeyringExistsError(this.file);
      this.#unsealKey = await this.#withSecret((secret) => UnsealKey.create(secret, randomBytes));
      await this.#write(keyring, this.#unsealKey);
    });
  }

  /** Put `transition` of the present keyring in its place; answers the new one. Errors: those of `read` and `transition`. */
  async change(transition: (keyring: Keyring) => Keyring): Promise<Keyring> {
    return this.#locked(async () => {
      const changed = transition(await this.read());
      await this.#write(changed, this.#unsealKey as UnsealKey);
      return changed;
    });
  }

  #write(keyring: Keyring, unsealKey: UnsealKey): Promise<void> {
    return writePrivateFile(this.file, serialiseKeyring(keyring, unsealKey, randomBytes));
  }

  async #withSecret<T>(use: (secret: UnsealSecret) => Promise<T>): Promise<T> {
    const secret = await this.#secret();
    try {
      return await use(secret);
    } finally {
      secret.bytes.fill(0);
    }
  }

  /** One change at a time, over all processes that share the directory. Errors: {@link KeyringLockedError}. */
  async #locked<T>(work: () => Promise<T>): Promise<T> {
    const lock = `${this.file}.lock`;
    await this.#makeLock(lock);
    try {
      return await work();
    } finally {
      await unlink(lock);
    }
  }

  async #makeLock(lock: string): Promise<void> {
    try {
      await (await open(lock, "wx", 0o600)).close();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new KeyringLockedError(lock);
      throw error;
    }
  }
}

/** There is a keyring already; master keys are never overwritten. */
export class KeyringExistsError extends Error {
  override readonly name = "KeyringExistsError";
  constructor(file: string) {
    super(`${file} exists already; a keyring is never overwritten`);
  }
}

/** Somebody else is changing the keyring, or died doing so. */
export class KeyringLockedError extends Error {
  override readonly name = "KeyringLockedError";
  constructor(lock: string) {
    super(`${lock} exists: another command is changing the keyring; remove the file if none is running`);
  }
}

/** Registers and their verification patterns (64 hex digits), for people and logs. */
export interface KeyringPatterns {
  readonly epoch: number;
  readonly current?: string;
  readonly next?: string;
  readonly nextState?: "uncommitted" | "committed";
  readonly previous?: string;
}

/** What may be shown of a keyring. */
export function patternsOf({ epoch, current, next, previous }: Keyring): KeyringPatterns {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  return {
    epoch,
    ...(current && { current: hex(current.verificationPattern) }),
    ...(next && {
      next: hex(next.masterKey.verificationPattern),
      nextState: next.committed ? "committed" : "uncommitted",
    }),
    ...(previous && { previous: hex(previous.verificationPattern) }),
  };
}
