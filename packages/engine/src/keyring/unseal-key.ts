/** The key that seals a keyring file. */
import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import * as ck from "@grep11/cryptoki";
import { argon2 } from "../primitives/openssl/node-crypto.ts";
import type { RandomSource } from "../primitives/random.ts";
import { Xaes } from "../primitives/symmetric/xaes.ts";

/** Secrets are bytes rather than strings, so that they can be wiped. */
export interface UnsealSecret {
  readonly kind: "passphrase" | "key";
  /** A passphrase in UTF-8, or 32 bytes. */
  readonly bytes: Uint8Array;
}

export interface Argon2Parameters {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

/** `salt` has 16 bytes. */
export type KeyDerivation =
  | { readonly kind: "key" }
  | ({ readonly kind: "passphrase"; readonly salt: Uint8Array } & Argon2Parameters);

/** The second recommendation of RFC 9106 with four times its memory, which takes about 0.7 s. */
export const DEFAULT_ARGON2: Argon2Parameters = { memoryKiB: 256 * 1024, passes: 3, lanes: 4 };

/** Below the minimum, guessing a passphrase would be cheap. Above the maximum, a file could exhaust the machine. */
const ARGON2_LIMITS = {
  memoryKiB: { min: 64 * 1024, max: 2 * 1024 * 1024 },
  passes: { min: 1, max: 16 },
  lanes: { min: 1, max: 16 },
} as const;

const SALT_BYTES = 16;
const KEY_BYTES = 32;

/** Deriving a key from a passphrase deliberately takes long, so callers should keep the UnsealKey to write the file again. */
export class UnsealKey {
  readonly derivation: KeyDerivation;
  readonly cipher: Xaes;
  readonly hedgeKey: KeyObject;

  private constructor(derivation: KeyDerivation, key: Uint8Array) {
    this.derivation = derivation;
    this.cipher = new Xaes(expand(key, "g11 keyring"));
    this.hedgeKey = expand(key, "g11 keyring hedge");
  }

  /** Makes an unseal key for a new file. Errors: those of {@link UnsealKey.derive}. */
  static create(
    secret: UnsealSecret,
    random: RandomSource,
    parameters: Argon2Parameters = DEFAULT_ARGON2,
  ): Promise<UnsealKey> {
    const derivation: KeyDerivation =
      secret.kind === "key" ? { kind: "key" } : { kind: "passphrase", salt: random(SALT_BYTES), ...parameters };
    return UnsealKey.derive(secret, derivation);
  }

  /**
   * Returns the unseal key of an existing file. Throws CKR_ARGUMENTS_BAD if the file needs another kind of secret, if a key
   * does not have 32 bytes, if a passphrase is empty, or if the parameters are not accepted.
   */
  static async derive(secret: UnsealSecret, derivation: KeyDerivation): Promise<UnsealKey> {
    if (secret.kind !== derivation.kind) {
      throw ck.CkError.argumentsBad(`this keyring is sealed with a ${derivation.kind}, not with a ${secret.kind}`);
    }
    if (derivation.kind === "key") {
      if (secret.bytes.length !== KEY_BYTES) throw ck.CkError.argumentsBad(`an unseal key has ${KEY_BYTES} bytes`);
      return new UnsealKey(derivation, secret.bytes);
    }
    if (secret.bytes.length === 0) throw ck.CkError.argumentsBad("the passphrase is empty");
    const key = await argon2id(secret.bytes, derivation);
    const unsealKey = new UnsealKey(derivation, key);
    key.fill(0);
    return unsealKey;
  }
}

function requireAccepted(parameters: Argon2Parameters): void {
  for (const name of ["memoryKiB", "passes", "lanes"] as const) {
    const { min, max } = ARGON2_LIMITS[name];
    const value = parameters[name];
    if (!(value >= min && value <= max))
      throw ck.CkError.argumentsBad(`Argon2id ${name} is ${min} to ${max}, not ${value}`);
  }
}

/** Uses OpenSSL, or before Node 24.7 @noble/hashes, which takes several times as long. */
async function argon2id(
  message: Uint8Array,
  { salt: nonce, memoryKiB: memory, passes, lanes: parallelism }: Argon2Parameters & { readonly salt: Uint8Array },
): Promise<Uint8Array> {
  requireAccepted({ memoryKiB: memory, passes, lanes: parallelism });
  if (argon2 === undefined) {
    const { argon2idAsync } = await import("@noble/hashes/argon2.js");
    return argon2idAsync(message, nonce, { m: memory, t: passes, p: parallelism, dkLen: KEY_BYTES });
  }
  return promisify(argon2)("argon2id", { message, nonce, memory, passes, parallelism, tagLength: KEY_BYTES });
}

function expand(key: Uint8Array, label: string): KeyObject {
  const bytes = new Uint8Array(hkdfSync("sha512", key, "grep11 unseal v1", label, KEY_BYTES));
  const expanded = createSecretKey(bytes);
  bytes.fill(0);
  return expanded;
}
