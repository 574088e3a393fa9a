/** How a KEK encrypts an attribute-bound key: every wrapping uses a new content key. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { concatenate, equalBytes } from "@grep11/encoding";
import type { Key } from "../../objects/key.ts";
import { labelledKey } from "../../primitives/kdf/labelled-key.ts";
import type { RandomSource } from "../../primitives/random.ts";
import { decryptOaep, isBelowModulus, modulusBits, rsaPrivateKey, rsaPublicKey } from "../../primitives/rsa/rsa.ts";
import { encodeOaep } from "../../primitives/rsa/rsa-oaep-encoding.ts";
import { operateWithAnyKey, rsaKeyOf } from "../rsa/rsa-use.ts";

export interface KekEncryption {
  /** Identifies the kind of encryption in the format. */
  readonly kind: number;
  /** How many bytes longer the ciphertext is than the plaintext. */
  readonly overhead: number;
  /** Returns a new content key, and the data from which the holder of the KEK can recover it. */
  encapsulate(random: RandomSource): { readonly contentKey: Uint8Array; readonly encapsulated: Uint8Array };
  /** Throws an Error unless `encapsulated` was made by `encapsulate`. */
  decapsulate(encapsulated: Uint8Array): Uint8Array;
  encrypt(contentKey: Uint8Array, authenticated: Uint8Array, clear: Uint8Array): Uint8Array;
  /** Throws an Error if either part has been changed since its encryption. */
  decrypt(contentKey: Uint8Array, authenticated: Uint8Array, encrypted: Uint8Array): Uint8Array;
}

const CONTENT_KEY_BYTES = 32;
const SALT_BYTES = 32;
const TAG_BYTES = 16;
const MIN_RSA_BITS = 1024;
/** A constant nonce is safe, because each content key encrypts only once. */
const NONCE = new Uint8Array(12);

const contentCipher = {
  overhead: TAG_BYTES,
  encrypt(contentKey, authenticated, clear) {
    const cipher = createCipheriv("aes-256-gcm", contentKey, NONCE).setAAD(authenticated);
    return concatenate(cipher.update(clear), cipher.final(), cipher.getAuthTag());
  },
  decrypt(contentKey, authenticated, encrypted) {
    const options = { authTagLength: TAG_BYTES };
    const cipher = createDecipheriv("aes-256-gcm", contentKey, NONCE, options).setAAD(authenticated);
    const end = encrypted.length - TAG_BYTES;
    if (end < 0) throw new RangeError("shorter than a tag");
    cipher.setAuthTag(encrypted.subarray(end));
    return concatenate(cipher.update(encrypted.subarray(0, end)), cipher.final());
  },
} as const satisfies Partial<KekEncryption>;

/** Throws CKR_KEY_SIZE_RANGE for an RSA key that is too short for OAEP and PSS with SHA-256. */
export function requireRsaRoom(key: Key): void {
  if (modulusBits(rsaKeyOf(key)) < MIN_RSA_BITS) {
    throw ck.CkError.keySizeRange(`attribute-bound transport takes RSA keys from ${MIN_RSA_BITS} bits on`);
  }
}

/** `kek` is an RSA key, public or private, or a secret key. Throws CKR_KEY_SIZE_RANGE. */
export function kekEncryptionOf(kek: Key): KekEncryption {
  return kek.objectClass === ck.CKO_SECRET_KEY ? underSecret(kek) : underRsa(kek);
}

/** Encrypts a random content key with OAEP. */
function underRsa(kek: Key): KekEncryption {
  requireRsaRoom(kek);
  const scheme = { hash: "sha256", mgf: "sha256", label: new TextEncoder().encode(ENCRYPTION_LABEL) } as const;
  return {
    kind: 1,
    ...contentCipher,
    encapsulate(random) {
      const rsa = rsaPublicKey(kek.value);
      const contentKey = random(CONTENT_KEY_BYTES);
      const encoded = encodeOaep(scheme, contentKey, rsa.modulus.length, random(32));
      const encapsulated = operateWithAnyKey(rsa, encoded)!;
      encoded.fill(0);
      return { contentKey, encapsulated };
    },
    decapsulate(encapsulated) {
      const rsa = rsaPrivateKey(kek.value);
      const fits = encapsulated.length === rsa.modulus.length && isBelowModulus(encapsulated, rsa);
      const contentKey = fits ? decryptOaep(rsa, scheme.hash, scheme.label, encapsulated) : undefined;
      if (contentKey?.length !== CONTENT_KEY_BYTES) throw new Error("no content key");
      return contentKey;
    },
  };
}

/** Derives the content key from the KEK and a random salt, so that KEKs of every type give an AES-256 key. */
function underSecret(kek: Key): KekEncryption {
  return {
    kind: 2,
    ...contentCipher,
    encapsulate(random) {
      const salt = random(SALT_BYTES);
      return { contentKey: labelledKey(ENCRYPTION_LABEL, salt, kek.value), encapsulated: salt };
    },
    decapsulate(salt) {
      if (salt.length !== SALT_BYTES) throw new RangeError("no salt");
      return labelledKey(ENCRYPTION_LABEL, salt, kek.value);
    },
  };
}

/** Separates the keys and ciphertexts of attribute-bound transport from those of every other use. */
export const ENCRYPTION_LABEL = "grep11 attribute-bound encryption v1";

const LABEL_BYTES = new TextEncoder().encode(ENCRYPTION_LABEL);

/**
 * Throws CKR_MECHANISM_PARAM_INVALID for the label of our content keys, so that no other use of OAEP can decrypt those
 * keys.
 */
export function requireUnreservedLabel(label: Uint8Array): void {
  if (!equalBytes(label, LABEL_BYTES)) return;
  throw ck.CkError.mechanismParamInvalid("this OAEP label is reserved for CKM_IBM_ATTRIBUTEBOUND_WRAP");
}
