/** What the RSA families share: costs, checks of public lengths, and the errors that go with them. */
import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import type { Cost } from "../../primitives/cost.ts";
import { parsePrivateKey } from "../../primitives/keys/key-encodings.ts";
import * as rsa from "../../primitives/rsa/rsa.ts";
import type { FamilyMethod } from "../family.ts";

/** From this size on a private operation takes longer than a millisecond. */
const WORKER_BITS = 3072;
const PRIVATE_METHODS: ReadonlySet<FamilyMethod> = new Set<FamilyMethod>(["sign", "signFinal", "decrypt", "unwrap"]);

/** The RSA key in an opened key of either class. */
export function rsaKeyOf(key: Key): rsa.RsaKey {
  return key.objectClass === ck.CKO_PRIVATE_KEY ? rsa.rsaPrivateKey(key.value) : rsa.rsaPublicKey(key.value);
}

/** Costs by the bytes of keys in use; those bytes do not change while the key is open. */
const privateCosts = new WeakMap<Uint8Array, Cost>();

/** The cost of every method that takes an RSA key. It only parses the key, since importing it into OpenSSL here would cost as much. */
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
 * input^e mod n with a key that may have come bare from a caller; undefined if `input` is not below n. Throws
 * CKR_PUBLIC_KEY_INVALID if the numbers do not form a key that OpenSSL accepts.
 */
export function operateWithAnyKey(key: rsa.RsaKey, input: Uint8Array): Uint8Array | undefined {
  try {
    return rsa.publicOperation(key, input);
  } catch (error) {
    throw new ck.CkError(ck.CKR_PUBLIC_KEY_INVALID, "the public key is not valid", { cause: error });
  }
}

/** The encoded message in the signature; undefined if the signature is not below the modulus. Throws CKR_SIGNATURE_LEN_RANGE, CKR_PUBLIC_KEY_INVALID. */
export function openSignature(key: rsa.RsaKey, signature: Uint8Array): Uint8Array | undefined {
  if (signature.length !== key.modulus.length) throw ck.CkError.signatureLenRange(key.modulus.length);
  return operateWithAnyKey(key, signature);
}

/** Throws CKR_ENCRYPTED_DATA_LEN_RANGE or CKR_ENCRYPTED_DATA_INVALID unless this could be a ciphertext of the key. */
export function requireCiphertext(key: rsa.RsaKey, ciphered: Uint8Array): void {
  if (ciphered.length !== key.modulus.length) {
    throw ck.CkError.encryptedDataLenRange(`a ciphertext of this key has ${key.modulus.length} bytes`);
  }
  if (!rsa.isBelowModulus(ciphered, key)) throw ck.CkError.encryptedDataInvalid();
}

/** Throws CKR_WRAPPED_KEY_LEN_RANGE or CKR_WRAPPED_KEY_INVALID unless this could be wrapped with the key. */
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
