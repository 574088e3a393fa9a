/** Defines the mechanisms for key pairs, signatures and key agreement on elliptic curves. */
import * as ck from "@grep11/cryptoki";
import { WireReader } from "@grep11/encoding";
import { all, section } from "../definition.ts";
import { bytes, flag, NOTHING } from "../layout/field.ts";
import { none } from "../layout/parameter.ts";
import { aesBits, kdf, sharedData } from "../layout/shared.ts";
import { structure } from "../layout/structure.ts";

/** CK_EDDSA_PARAMS. Without a parameter, the signature is pure EdDSA without a context. */
const eddsa = structure({ prehash: flag().optional(false), context: bytes(0, 255).optional() }).orNone(
  undefined,
  ({ prehash, context }) => !prehash && context === undefined,
);

/** The maximum length of a public value in bytes (ep11.h). */
const MAX_PUBLIC_BYTES = 1024;

/** CK_ECDH1_DERIVE_PARAMS, or only the peer's public value, which means CKD_NULL without shared data. */
const ecdh1 = structure(
  {
    kdf: kdf().optional("null"),
    sharedData: sharedData(),
    // The peer's point may be omitted, because programs may add it later.
    publicData: bytes().with({ label: "the peer's point", text: { key: "public", fallback: NOTHING } }),
  },
  {
    message: {
      type: "ECDH1DeriveParm",
      members: { kdf: "kdf", sharedData: "sharedData", publicData: "publicData" },
    },
  },
)
  .orBytes("only the peer's point", (wire) =>
    isStructure(wire) ? undefined : { kdf: "null", sharedData: NOTHING, publicData: wire },
  )
  .require(
    ({ publicData }) => publicData.length > 0 && publicData.length <= MAX_PUBLIC_BYTES,
    `the peer's public value must have 1 to ${MAX_PUBLIC_BYTES} bytes`,
  );

/**
 * Whether `wire` is the structure, and not only a public value. The structure begins with a KDF, and the lengths in it
 * add up. The first byte of a KDF is 00, or 80 for IBM's KDFs. No point (02, 03, 04) and no DER (04, 30) begins with 00
 * or 80. An X25519 or X448 value of 32 or 56 bytes looks like the structure with a probability of 2^-64. Such a value
 * is refused.
 */
function isStructure(wire: Uint8Array): boolean {
  if (wire.length < 12 || (wire[0] !== 0x00 && wire[0] !== 0x80)) return false;
  const [, sharedBytes, publicBytes] = new WireReader(wire).numbers(3);
  return 12 + sharedBytes! + publicBytes! === wire.length;
}

/** The structure CK_ECDH_AES_KEY_WRAP_PARAMS. */
const ecdhAes = structure({
  aesBits: aesBits(),
  kdf: kdf().with({ text: { fallback: "sha256" } }),
  sharedData: sharedData(),
});

export const EC_SECTIONS = [
  section({
    title: "ECDSA",
    standard: "FIPS 186-5, 6; PKCS #11 v3.2, 6.3.12, 6.3.13",
    vectors: ["ep11/ecdsa.json", "wycheproof/ecdsa_*"],
    remark: "CKM_ECDSA signs a digest of any length. Signatures are r ‖ s, each as long as the order.",
    mechanisms: all(
      none,
      ck.CKM_ECDSA,
      ck.CKM_ECDSA_SHA1,
      ck.CKM_ECDSA_SHA224,
      ck.CKM_IBM_ECDSA_SHA224,
      ck.CKM_ECDSA_SHA256,
      ck.CKM_IBM_ECDSA_SHA256,
      ck.CKM_ECDSA_SHA384,
      ck.CKM_IBM_ECDSA_SHA384,
      ck.CKM_ECDSA_SHA512,
      ck.CKM_IBM_ECDSA_SHA512,
      ck.CKM_ECDSA_SHA3_224,
      ck.CKM_ECDSA_SHA3_256,
      ck.CKM_ECDSA_SHA3_384,
      ck.CKM_ECDSA_SHA3_512,
    ),
  }),
  section({
    title: "EC key pairs",
    standard: "FIPS 186-5, RFC 5639, SEC 2, RFC 7748, RFC 8032; PKCS #11 v3.2, 6.3.9 to 6.3.11",
    vectors: [],
    remark:
      "CKA_EC_PARAMS names the curve: P-192 to P-521, secp256k1, brainpoolP160 to P512 (r1, t1), Ed25519, Ed448, X25519, X448, BLS12-381. Encoded keys of all of them are compared with EP11's forms.",
    mechanisms: all(none, ck.CKM_EC_KEY_PAIR_GEN, ck.CKM_EC_EDWARDS_KEY_PAIR_GEN, ck.CKM_EC_MONTGOMERY_KEY_PAIR_GEN),
  }),
  section({
    title: "EdDSA",
    standard: "RFC 8032; PKCS #11 v3.2, 6.3.14",
    vectors: ["ep11/ed-x-curves.json", "wycheproof/ed25519_*"],
    remark: "Without a parameter CKM_EDDSA makes the plain signature.",
    mechanisms: [...all(none, ck.CKM_IBM_ED25519_SHA512, ck.CKM_IBM_ED448_SHA3), [ck.CKM_EDDSA, eddsa]],
  }),
  section({
    title: "Key agreement on curves",
    standard: "SP 800-56A, ANS X9.63, RFC 7748; PKCS #11 v3.2, 6.3.16 to 6.3.18",
    vectors: ["ep11/ecdh-kdf.json", "ep11/ed-x-curves.json", "wycheproof/ecdh_*", "wycheproof/x25519_*"],
    remark: "The peer's point is raw. With CKD_NULL the trailing CKA_VALUE_LEN bytes of the secret remain.",
    mechanisms: all(ecdh1, ck.CKM_ECDH1_DERIVE, ck.CKM_ECDH1_COFACTOR_DERIVE, ck.CKM_IBM_EC_X25519, ck.CKM_IBM_EC_X448),
  }),
  section({
    title: "ECDH with AES key wrap",
    standard: "PKCS #11 v3.2, 6.3.20 to 6.3.23; RFC 5649",
    vectors: [],
    remark: "A fresh key pair agrees with the KEK on an AES key, which wraps with CKM_AES_KEY_WRAP_KWP.",
    mechanisms: all(ecdhAes, ck.CKM_ECDH_AES_KEY_WRAP, ck.CKM_ECDH_COF_AES_KEY_WRAP, ck.CKM_ECDH_X_AES_KEY_WRAP),
  }),
  section({
    title: "BIP-340 Schnorr signatures",
    standard: "BIP 340",
    vectors: [],
    remark:
      "This project's own number: [0009](adr/0009-own-mechanism-numbers.md). secp256k1 only; signs the message itself. Tested with the vectors of BIP 340.",
    mechanisms: [[ck.CKM_GREP11_SCHNORR_BIP340, none]],
  }),
] as const;
