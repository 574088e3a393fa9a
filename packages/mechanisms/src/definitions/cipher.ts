/** Defines the ciphers with AES and DES keys, and AES key wrap. */
import * as ck from "@grep11/cryptoki";
import { all, section } from "../definition.ts";
import { bytes, fixed, implied, lengthOf, number } from "../layout/field.ts";
import { byteString, none, type Parameter } from "../layout/parameter.ts";
import { aad } from "../layout/shared.ts";
import { structure } from "../layout/structure.ts";

const aesIv = byteString({ key: "iv", form: "IV", carried: 16 }, 16);
const desIv = byteString({ key: "iv", form: "IV", carried: 8 }, 8);

/**
 * CK_AES_CTR_PARAMS, or only the counter block. In the second form, all bits of the block are the counter. The two
 * forms have different lengths.
 */
const ctr = structure({
  counterBits: number(1, 128)
    .optional(128)
    .with({ text: { key: "bits" } }),
  block: fixed(16).with({ label: "counter block", text: { carried: 16 } }),
}).orBytes("only the counter block, with 128 counter bits", (block) =>
  block.length === 16 ? { block, counterBits: 128 } : undefined,
);

/**
 * CK_GCM_PARAMS. The number of IV bits must agree with the IV's length or be 0, because PKCS #11 v3.2 (6.13.7) says
 * that the length is used. An IV without the structure is refused. Otherwise, if a caller forgot the IV, the rest of
 * the structure could be taken for an IV (docs/adr/0018).
 */
const gcm = structure({
  iv: bytes(1).with({ text: { carried: 12 } }),
  ivBits: implied(
    ({ iv }) => 8 * lengthOf(iv),
    (bits, { iv }) => bits === 0 || bits === 8 * lengthOf(iv),
  ),
  aad: aad(),
  tagLength: number(12, 16, 8)
    .optional(16)
    .with({ label: "tag bits", text: { key: "tag" } }),
});

/** The structure CK_CCM_PARAMS. */
const ccm = structure({
  dataLength: number().with({ text: { key: "length" } }),
  nonce: bytes(7, 13),
  aad: aad(),
  macLength: number(4, 16)
    .optional(16)
    .with({ label: "MAC length", form: "4, 6 ... 16", text: { key: "mac" } }),
})
  .require(({ macLength }) => macLength % 2 === 0, "the MAC length must be even")
  .require(({ dataLength, nonce }) => dataLength < 256 ** (15 - nonce.length), "the data is too long for the nonce");

/** The initial value of key wrap. The default is the value in the standard (RFC 3394, RFC 5649). */
function initialValue(usual: Uint8Array): Parameter<Uint8Array, Uint8Array | undefined> {
  return byteString<undefined>({ key: "iv", form: "initial value" }, usual.length).orNone(usual);
}
const padded = initialValue(Uint8Array.of(0xa6, 0x59, 0x59, 0xa6));

export const CIPHER_SECTIONS = [
  section({
    title: "Block ciphers",
    standard: "FIPS 197, SP 800-67, SP 800-38A; PKCS #11 v3.2, 6.10, 6.18",
    vectors: ["ep11/aes.json", "ep11/des3.json", "wycheproof/aes_*"],
    remark: "CBC_PAD pads as PKCS #7. Nothing here authenticates: prefer GCM for new data.",
    mechanisms: [
      ...all(none, ck.CKM_AES_ECB, ck.CKM_DES3_ECB),
      ...all(aesIv, ck.CKM_AES_CBC, ck.CKM_AES_CBC_PAD),
      ...all(desIv, ck.CKM_DES3_CBC, ck.CKM_DES3_CBC_PAD),
    ],
  }),
  section({
    title: "AES in counter mode",
    standard: "SP 800-38A; PKCS #11 v3.2, 6.11",
    vectors: ["ep11/aes.json"],
    remark: "A counter that would wrap is refused (CKR_DATA_LEN_RANGE).",
    mechanisms: [[ck.CKM_AES_CTR, ctr]],
  }),
  section({
    title: "AES with feedback",
    standard: "SP 800-38A, 6.3 and 6.4; PKCS #11 v3.2, 6.10",
    vectors: ["ep11/aes.json"],
    remark:
      "Stream ciphers. Nothing here authenticates, and an IV must never be used twice with a key: prefer GCM for new data.",
    mechanisms: all(aesIv, ck.CKM_AES_OFB, ck.CKM_AES_CFB8, ck.CKM_AES_CFB128),
  }),
  section({
    title: "AES-GCM",
    standard: "SP 800-38D; PKCS #11 v3.2, 6.13.2, 6.13.7",
    vectors: ["ep11/aes.json", "wycheproof/aes_*"],
    remark:
      "The tag follows the ciphertext. Only an IV in place of the structure is refused. Decryption is one call: [0007](adr/0007-aead-in-parts.md). An IV must never be used twice with a key.",
    mechanisms: [[ck.CKM_AES_GCM, gcm]],
  }),
  section({
    title: "AES-CCM",
    standard: "SP 800-38C; PKCS #11 v3.2, 6.13.4, 6.13.7",
    vectors: ["ep11/aes.json"],
    remark: "One call only, because the first block authenticates the length of the data.",
    mechanisms: [[ck.CKM_AES_CCM, ccm]],
  }),
  section({
    title: "AES-XTS",
    standard: "IEEE 1619, SP 800-38E; PKCS #11 v3.2, 6.15",
    vectors: ["ep11/aes.json"],
    remark: "The two halves of a key differ.",
    mechanisms: [
      [ck.CKM_AES_XTS, byteString({ key: "tweak" }, 16)],
      [ck.CKM_AES_XTS_KEY_GEN, none],
    ],
  }),
  section({
    title: "AES key wrap",
    standard: "SP 800-38F, RFC 3394, RFC 5649; PKCS #11 v3.2, 6.16",
    vectors: ["ep11/aes.json", "wycheproof/aes_*"],
    remark:
      "CKM_AES_KEY_WRAP_PAD is the older number of CKM_AES_KEY_WRAP_KWP. CKM_AES_KEY_WRAP pads a key with zeros to blocks of 8 bytes, at least two; unwrapping removes them after a private key, and after a secret as CKA_VALUE_LEN says.",
    mechanisms: [
      [ck.CKM_AES_KEY_WRAP, initialValue(new Uint8Array(8).fill(0xa6))],
      ...all(padded, ck.CKM_AES_KEY_WRAP_PAD, ck.CKM_AES_KEY_WRAP_KWP),
    ],
  }),
] as const;
