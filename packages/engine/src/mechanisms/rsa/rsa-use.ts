/** The code that the families of RSA mechanisms share. */
import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import type { Cost } from "../../primitives/cost.ts";
import { parsePrivateKey } from "../../primitives/keys/key-encodings.ts";
import * as rsa from "../../primitives/rsa/rsa.ts";
import type { FamilyMethod } from "../family.ts";
import { withAnyKey } from "../signature/signing.ts";

/** Private operations with keys of at least this many bits take longer than a millisecond. */
const WORKER_BITS = 3072;
const PRIVATE_METHODS: ReadonlySet<FamilyMethod> = new Set<FamilyMethod>(["sign", "signFinal", "decrypt", "unwrap"]);

export function rsaKeyOf(key: Key): rsa.RsaKey {
  return key.objectClass === ck.CKO_PRIVATE_KEY ? rsa.rsaPrivateKey(key.value) : rsa.rsaPublicKey(key.value);
}

/** Remembers costs by the bytes of keys. */
const privateCosts = new WeakMap<Uint8Array, Cost>();

/**
 * Returns where an operation should run. Parses the key, but does not import it into OpenSSL: that would take as long
 * as the operation.
 */
export function rsaCost(method: FamilyMethod, key: Key | undefined): Cost {
  if (key === undefined || !PRIVATE_METHODS.has(method)) return "inline";
  const known = privateCosts.get(key.value);
  if (known !== undefined) return known;
  const numbers = parsePrivateKey(key.value);
  const cost = numbers.type === "rsa" && rsa.modulusBits(numbers) >= WORKER_BITS ? "worker" : "inline";
  privateCosts.set(key.value, cost);
  return cost;
}

/**
 * Returns input^e mod n; undefined if `input` is not less than n. The key may come from a caller: throws
 * CKR_PUBLIC_KEY_INVALID if OpenSSL does not accept its numbers.
 */
export function operateWithAnyKey(key: rsa.RsaKey, input: Uint8Array): Uint8Array | undefined {
  return withAnyKey(() => rsa.publicOperation(key, input));
}

/** Returns the encoded message. Throws CKR_SIGNATURE_LEN_RANGE, and the errors of operateWithAnyKey. */
export function openSignature(key: rsa.RsaKey, signature: Uint8Array): Uint8Array | undefined {
  if (signature.length !== key.modulus.length) throw ck.CkError.signatureLenRange(key.modulus.length);
  return operateWithAnyKey(key, signature);
}

/** Throws CKR_ENCRYPTED_DATA_LEN_RANGE or CKR_ENCRYPTED_DATA_INVALID for what cannot be a ciphertext of the key. */
export function requireCiphertext(key: rsa.RsaKey, ciphered: Uint8Array): void {
  if (ciphered.length !== key.modulus.length) {
    throw ck.CkError.encryptedDataLenRange(`a ciphertext of this key has ${key.modulus.length} bytes`);
  }
  if (!rsa.isBelowModulus(ciphered, key)) throw ck.CkError.encryptedDataInvalid();
}

/** Throws CKR_WRAPPED_KEY_LEN_RANGE or CKR_WRAPPED_KEY_INVALID for what cannot have been wrapped with the key. */
export function requireWrapped(key: rsa.RsaKey, wrapped: Uint8Array): void {
  if (wrapped.length !== key.modulus.length) {
    throw new ck.CkError(ck.CKR_WRAPPED_KEY_LEN_RANGE, `this KEK wraps keys to ${key.modulus.length} bytes`);
  }
  if (!rsa.isBelowModulus(wrapped, key)) throw ck.CkError.wrappedKeyInvalid();
}

/** Throws CKR_KEY_NOT_WRAPPABLE unless `key` is a secret key. */
export function requireSecretKey(key: Key): void {
  if (key.objectClass !== ck.CKO_SECRET_KEY) {
    throw new ck.CkError(ck.CKR_KEY_NOT_WRAPPABLE, "an RSA key wraps secret keys only");
  }
}
