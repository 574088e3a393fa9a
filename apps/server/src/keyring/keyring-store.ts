/** Reads, creates and changes the keyring file. The engine defines its format and seals it. */
import { randomBytes } from "node:crypto";
import { unwatchFile, watchFile } from "node:fs";
import { mkdir, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as ck from "@grep11/cryptoki";
import { toHex } from "@grep11/encoding";
import * as engine from "@grep11/engine";
import { explainMissing, ifPresent } from "../files/missing-file.ts";
import { readPrivateFile, type SecretRights, writePrivateFile } from "../files/private-file.ts";
import { lockKeyring } from "./keyring-lock.ts";

/** The source of a service's keyring: a file, or another process that has opened the file. */
export interface KeyringSource {
  read(): Promise<engine.Keyring>;
  /** Calls `changed` whenever the keyring may have changed, until the returned function is called. */
  watch(changed: () => void): () => void;
}

/** Gets the secret that opens a keyring. The caller wipes the secret after use. */
export type SecretSource = () => Promise<engine.UnsealSecret>;

/** The file is checked for changes every so many milliseconds. */
const WATCH_MS = 250;

/** A keyring file with the secret that opens it. */
export class KeyringStore implements KeyringSource {
  readonly file: string;
  readonly #secret: SecretSource;
  readonly #rights: SecretRights;
  #unsealKey: engine.UnsealKey | undefined;

  constructor(file: string, secret: SecretSource, rights: SecretRights = {}) {
    this.file = file;
    this.#secret = secret;
    this.#rights = rights;
  }

  /**
   * Reads the keyring. Errors: MissingFileError; FileRefusedError; CKR_ARGUMENTS_BAD if the file is not a keyring or needs
   * another kind of secret; CKR_IBM_BLOB_ERROR if the secret is wrong.
   */
  async read(): Promise<engine.Keyring> {
    const file = await explainMissing(readPrivateFile(this.file, this.#rights), {
      what: "keyring",
      path: this.file,
      remedy: "create it with grep11-server keyring init, or name another with --config or --data-dir",
    });
    try {
      return await this.#open(file);
    } catch (error) {
      if (!(error instanceof ck.CkError)) throw error;
      const next =
        "check the key or passphrase that opens it (grep11.keyring in the configuration), or restore both from a backup";
      throw new ck.CkError(error.rv, `${this.file}: ${error.detail}; ${next}`, { cause: error });
    }
  }

  async #open(file: Uint8Array): Promise<engine.Keyring> {
    const derivation = engine.parseDerivation(file);
    const known = this.#unsealKey;
    if (known !== undefined && isDeepStrictEqual(known.derivation, derivation)) {
      try {
        return engine.parseKeyring(file, known);
      } catch (error) {
        // Both the keyring and its key file may have been replaced, so the key file is read again below.
        if (derivation.kind !== "key" || !(error instanceof ck.CkError && error.rv === ck.CKR_IBM_BLOB_ERROR))
          throw error;
      }
    }
    this.#unsealKey = await this.#withSecret((secret) => engine.UnsealKey.derive(secret, derivation));
    return engine.parseKeyring(file, this.#unsealKey);
  }

  watch(changed: () => void): () => void {
    watchFile(this.file, { interval: WATCH_MS, persistent: false }, changed);
    return () => unwatchFile(this.file, changed);
  }

  /** Creates the file. Errors: KeyringExistsError, KeyringLockedError. */
  async create(keyring: engine.Keyring): Promise<void> {
    await this.#locked(async (write) => {
      const present = await ifPresent(readPrivateFile(this.file, this.#rights));
      if (present !== undefined) throw new KeyringExistsError(this.file);
      this.#unsealKey = await this.#withSecret((secret) => engine.UnsealKey.create(secret, randomBytes));
      await write(keyring, this.#unsealKey);
    });
  }

  /** Replaces the keyring by the result of `transition` and returns it. Errors: KeyringLockedError; those of reading it. */
  async change(transition: (keyring: engine.Keyring) => engine.Keyring): Promise<engine.Keyring> {
    return this.#locked(async (write) => {
      const changed = transition(await this.read());
      await write(changed, this.#unsealKey as engine.UnsealKey);
      return changed;
    });
  }

  async #withSecret<T>(use: (secret: engine.UnsealSecret) => Promise<T>): Promise<T> {
    const secret = await this.#secret();
    try {
      return await use(secret);
    } finally {
      secret.bytes.fill(0);
    }
  }

  /** Runs `work` while holding the lock. If the keyring file is a symbolic link, its target is replaced. */
  async #locked<T>(
    work: (write: (keyring: engine.Keyring, unsealKey: engine.UnsealKey) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const target = await realpath(this.file).catch(() => this.file);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const lock = await lockKeyring(`${target}.lock`);
    try {
      return await work(async (keyring, unsealKey) => {
        const sealed = engine.serialiseKeyring(keyring, unsealKey, randomBytes);
        await lock.requireHeld();
        await writePrivateFile(target, sealed, this.#rights);
      });
    } finally {
      await lock.release();
    }
  }
}

/** Reports that there is a keyring already. Keyrings are never overwritten, because the master keys would be lost. */
export class KeyringExistsError extends Error {
  override readonly name = "KeyringExistsError";
  constructor(file: string) {
    super(`${file} exists already; a keyring is never overwritten`);
  }
}

/** The verification patterns (64 hexadecimal digits) of the master keys in a keyring, for people and logs. */
export interface KeyringPatterns {
  readonly epoch: number;
  readonly current?: string;
  readonly next?: string;
  readonly nextState?: "uncommitted" | "committed";
  readonly previous?: string;
}

/** Returns what is not secret about a keyring. */
export function patternsOf({ epoch, current, next, previous }: engine.Keyring): KeyringPatterns {
  return {
    epoch,
    ...(current && { current: toHex(current.verificationPattern) }),
    ...(next && {
      next: toHex(next.masterKey.verificationPattern),
      nextState: next.committed ? "committed" : "uncommitted",
    }),
    ...(previous && { previous: toHex(previous.verificationPattern) }),
  };
}
