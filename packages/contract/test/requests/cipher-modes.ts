/** Cipher mechanisms with the equivalent ciphers of OpenSSL. */
import { createCipheriv } from "node:crypto";
import { mechanism } from "@grep11/client";
import * as ck from "@grep11/cryptoki";

/** A cipher mode: its mechanism, and a function that encrypts with OpenSSL and appends the tag if there is one. */
export interface Mode {
  readonly name: string;
  readonly keyType: number;
  readonly keyBytes: readonly number[];
  readonly ivBytes: number;
  /** The length of the data must be a multiple of `unit` bytes and at least `min` bytes. */
  readonly unit: number;
  readonly min?: number;
  readonly parts: boolean;
  readonly decryptParts?: boolean;
  mech(iv: Uint8Array, length: number): ck.Mechanism;
  reference(key: Uint8Array, iv: Uint8Array, plain: Uint8Array): Uint8Array;
}

/** Encrypts with the OpenSSL cipher of this name. */
function openssl(name: string, key: Uint8Array, iv: Uint8Array | null, plain: Uint8Array, padded = false): Uint8Array {
  const cipher = createCipheriv(name, key, iv).setAutoPadding(padded);
  return new Uint8Array(Buffer.concat([cipher.update(plain), cipher.final()]));
}

/** Encrypts with the OpenSSL AEAD cipher of this name, and appends the tag of 16 bytes. */
function opensslAead(name: string, key: Uint8Array, iv: Uint8Array, plain: Uint8Array): Uint8Array {
  const options = { authTagLength: 16 } as object;
  const cipher = createCipheriv(name as "aes-128-ccm", key, iv, options as { authTagLength: number });
  cipher.setAAD(AAD, { plaintextLength: plain.length });
  const ciphered = Buffer.concat([cipher.update(plain), cipher.final()]);
  return new Uint8Array(Buffer.concat([ciphered, cipher.getAuthTag()]));
}

const AAD = new Uint8Array(20).fill(7);
/** Returns the length of a key in bits. */
export const bits = (key: Uint8Array) => 8 * key.length;
const aesKeys = { keyType: ck.CKK_AES, keyBytes: [16, 24, 32] } as const;
const desKeys = { keyType: ck.CKK_DES3, keyBytes: [24] } as const;
const simple =
  (mechanismNumber: number) =>
  (iv: Uint8Array): ck.Mechanism => ({ mechanism: mechanismNumber, ...(iv.length > 0 && { parameter: iv }) });

/** All ciphers of the HSM that OpenSSL supports too. */
export const MODES: readonly Mode[] = [
  {
    ...aesKeys,
    name: "AES-ECB",
    ivBytes: 0,
    unit: 16,
    parts: true,
    mech: simple(ck.CKM_AES_ECB),
    reference: (key, _, plain) => openssl(`aes-${bits(key)}-ecb`, key, null, plain),
  },
  {
    ...aesKeys,
    name: "AES-CBC",
    ivBytes: 16,
    unit: 16,
    parts: true,
    mech: simple(ck.CKM_AES_CBC),
    reference: (key, iv, plain) => openssl(`aes-${bits(key)}-cbc`, key, iv, plain),
  },
  {
    ...aesKeys,
    name: "AES-CBC-PAD",
    ivBytes: 16,
    unit: 1,
    parts: true,
    mech: simple(ck.CKM_AES_CBC_PAD),
    reference: (key, iv, plain) => openssl(`aes-${bits(key)}-cbc`, key, iv, plain, true),
  },
  {
    ...aesKeys,
    name: "AES-CTR",
    ivBytes: 16,
    unit: 1,
    parts: true,
    mech: (block) => mechanism.aesCtr({ block }),
    reference: (key, iv, plain) => openssl(`aes-${bits(key)}-ctr`, key, iv, plain),
  },
  {
    ...aesKeys,
    name: "AES-GCM",
    ivBytes: 12,
    unit: 1,
    parts: true,
    decryptParts: false,
    mech: (iv) => mechanism.aesGcm({ iv, aad: AAD }),
    reference: (key, iv, plain) => opensslAead(`aes-${bits(key)}-gcm`, key, iv, plain),
  },
  {
    ...aesKeys,
    name: "AES-CCM",
    ivBytes: 11,
    unit: 1,
    parts: false,
    mech: (nonce, dataLength) => mechanism.aesCcm({ nonce, aad: AAD, dataLength }),
    reference: (key, iv, plain) => opensslAead(`aes-${bits(key)}-ccm`, key, iv, plain),
  },
  {
    keyType: ck.CKK_AES_XTS,
    keyBytes: [32, 64],
    name: "AES-XTS",
    ivBytes: 16,
    unit: 1,
    min: 16,
    parts: false,
    mech: simple(ck.CKM_AES_XTS),
    reference: (key, iv, plain) => openssl(`aes-${bits(key) / 2}-xts`, key, iv, plain),
  },
  {
    ...aesKeys,
    name: "AES-KW",
    ivBytes: 0,
    unit: 8,
    min: 16,
    parts: false,
    mech: simple(ck.CKM_AES_KEY_WRAP),
    reference: (key, _, plain) => openssl(`id-aes${bits(key)}-wrap`, key, new Uint8Array(8).fill(0xa6), plain),
  },
  {
    ...aesKeys,
    name: "AES-KWP",
    ivBytes: 0,
    unit: 1,
    min: 1,
    parts: false,
    mech: simple(ck.CKM_AES_KEY_WRAP_KWP),
    reference: (key, _, plain) =>
      openssl(`id-aes${bits(key)}-wrap-pad`, key, Uint8Array.of(0xa6, 0x59, 0x59, 0xa6), plain),
  },
  {
    ...desKeys,
    name: "DES3-ECB",
    ivBytes: 0,
    unit: 8,
    parts: true,
    mech: simple(ck.CKM_DES3_ECB),
    reference: (key, _, plain) => openssl("des-ede3", key, null, plain),
  },
  {
    ...desKeys,
    name: "DES3-CBC",
    ivBytes: 8,
    unit: 8,
    parts: true,
    mech: simple(ck.CKM_DES3_CBC),
    reference: (key, iv, plain) => openssl("des-ede3-cbc", key, iv, plain),
  },
  {
    ...desKeys,
    name: "DES3-CBC-PAD",
    ivBytes: 8,
    unit: 1,
    parts: true,
    mech: simple(ck.CKM_DES3_CBC_PAD),
    reference: (key, iv, plain) => openssl("des-ede3-cbc", key, iv, plain, true),
  },
  {
    keyType: ck.CKK_CHACHA20,
    keyBytes: [32],
    name: "ChaCha20",
    ivBytes: 12,
    unit: 1,
    parts: true,
    mech: (nonce) => mechanism.chacha20({ nonce, counter: 1 }),
    reference: (key, iv, plain) => openssl("chacha20", key, Uint8Array.of(1, 0, 0, 0, ...iv), plain),
  },
  {
    keyType: ck.CKK_CHACHA20,
    keyBytes: [32],
    name: "ChaCha20-Poly1305",
    ivBytes: 12,
    unit: 1,
    parts: true,
    decryptParts: false,
    mech: (nonce) => mechanism.chacha20Poly1305({ nonce, aad: AAD }),
    reference: (key, iv, plain) => opensslAead("chacha20-poly1305", key, iv, plain),
  },
];
