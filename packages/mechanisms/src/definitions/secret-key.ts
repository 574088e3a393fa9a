/** Defines the mechanisms that generate secret keys or derive them by encrypting data, and the ciphers of ChaCha20. */
import * as ck from "@grep11/cryptoki";
import { all, section } from "../definition.ts";
import { bytes, Field, fixed, lengthOf, type Raw, requireThat } from "../layout/field.ts";
import { byteString, none } from "../layout/parameter.ts";
import { aad } from "../layout/shared.ts";
import { structure } from "../layout/structure.ts";

const data = byteString({ key: "data", form: "data, whole blocks" }, 1, Number.POSITIVE_INFINITY);

/** CK_AES_CBC_ENCRYPT_DATA_PARAMS, and the same structure for DES. */
function cbcEncryptData(blockBytes: number) {
  return structure({
    iv: fixed(blockBytes),
    data: bytes(1, Number.POSITIVE_INFINITY, "rest").with({ form: "whole blocks" }),
  });
}

/** The number of the first block, little-endian. It has 8 bytes if the nonce has 8 bytes, otherwise 4. */
const blockCounter = new Field<Uint8Array, number | bigint>({
  place: "counted-bits",
  form: "little-endian",
  text: { kind: "number" },
  read: (raw) => raw as Uint8Array,
  write(counter, _raws, { nonce }) {
    const block = new Uint8Array(lengthOf(nonce as Raw) === 8 ? 8 : 4);
    const view = new DataView(block.buffer);
    if (block.length === 8) view.setBigUint64(0, BigInt(counter), true);
    else view.setUint32(0, Number(counter), true);
    return block;
  },
});

/** CK_CHACHA20_PARAMS: the counter has 32 bits and the nonce 96 (RFC 8439), or both have 64. */
const chacha20 = structure({
  counter: blockCounter.optional(0),
  nonce: bytes(8, 12, "counted-bits").with({ form: "12 or 8" }),
}).map(({ counter, nonce }) => {
  const counterBits = 8 * counter.length;
  const [isLong, isShort] = [counterBits === 64 && nonce.length === 8, counterBits === 32 && nonce.length === 12];
  requireThat(isLong || isShort, "counter and nonce must have 32 and 96 bits, or 64 each");
  const view = new DataView(counter.buffer, counter.byteOffset);
  const value = isShort ? BigInt(view.getUint32(0, true)) : view.getBigUint64(0, true);
  return { counter: value, counterBits: isShort ? 32 : 64, nonce } as const;
});

/** CK_SALSA20_CHACHA20_POLY1305_PARAMS. A nonce without the structure is refused, like an IV of GCM (docs/adr/0018). */
const chacha20Poly1305 = structure({ nonce: bytes(12, 12).with({ text: { carried: 12 } }), aad: aad() });

export const SECRET_KEY_SECTIONS = [
  section({
    title: "Secret key generation",
    standard: "PKCS #11 v3.2, 6.8, 6.10, 6.18, 6.20 to 6.31",
    vectors: [],
    remark: "CKA_VALUE_LEN (bytes) is required where there is a choice.",
    mechanisms: all(
      none,
      ck.CKM_AES_KEY_GEN,
      ck.CKM_DES2_KEY_GEN,
      ck.CKM_DES3_KEY_GEN,
      ck.CKM_GENERIC_SECRET_KEY_GEN,
      ck.CKM_SHA_1_KEY_GEN,
      ck.CKM_SHA224_KEY_GEN,
      ck.CKM_SHA256_KEY_GEN,
      ck.CKM_SHA384_KEY_GEN,
      ck.CKM_SHA512_KEY_GEN,
      ck.CKM_SHA512_224_KEY_GEN,
      ck.CKM_SHA512_256_KEY_GEN,
      ck.CKM_SHA3_224_KEY_GEN,
      ck.CKM_SHA3_256_KEY_GEN,
      ck.CKM_SHA3_384_KEY_GEN,
      ck.CKM_SHA3_512_KEY_GEN,
    ),
  }),
  section({
    title: "Keys from encryption",
    standard: "PKCS #11 v3.2, 6.17",
    vectors: ["ep11/key-derivation.json"],
    remark:
      "Keys that may leave give their caller what the base key encrypts: CKA_DERIVE gives encryption under `hpcs`, CKA_ENCRYPT or not. Under `strict` no key both derives and encrypts.",
    mechanisms: [
      ...all(data, ck.CKM_AES_ECB_ENCRYPT_DATA, ck.CKM_DES3_ECB_ENCRYPT_DATA),
      [ck.CKM_AES_CBC_ENCRYPT_DATA, cbcEncryptData(16)],
      [ck.CKM_DES3_CBC_ENCRYPT_DATA, cbcEncryptData(8)],
    ],
  }),
  section({
    title: "ChaCha20",
    standard: "RFC 8439; PKCS #11 v3.2, 6.58",
    vectors: [],
    remark:
      "Bits of counter and nonce are 32 and 96 (RFC 8439), or 64 and 64. Tested with the vectors of RFC 8439 and against OpenSSL.",
    mechanisms: [
      [ck.CKM_CHACHA20_KEY_GEN, none],
      [ck.CKM_CHACHA20, chacha20],
    ],
  }),
  section({
    title: "ChaCha20-Poly1305",
    standard: "RFC 8439; PKCS #11 v3.2, 6.61",
    vectors: [],
    remark:
      "Only a nonce in place of the structure is refused. Tested with the vector of RFC 8439 and against OpenSSL. Decryption is one call: [0007](adr/0007-aead-in-parts.md).",
    mechanisms: [[ck.CKM_CHACHA20_POLY1305, chacha20Poly1305]],
  }),
] as const;
