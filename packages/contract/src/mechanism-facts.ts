/**
 * Long because it is one table: what a real EP11 card and IBM's service say about every mechanism (ep11 facts 4.1,
 * behaviour 4.2), written down independently of the engine's own table: the contract compares the two.
 * Order, sizes and flags are those of the card, without what this project leaves out on purpose.
 */
import { mechanism } from "@grep11/client";
import * as C from "@grep11/cryptoki";
import type { Shape } from "./flows.ts";
import { type KeyKind, WEIERSTRASS_CURVES } from "./key-kinds.ts";

/** One mechanism as clients know it. */
export interface MechanismFacts {
  /** CKM_*. */
  readonly mechanism: number;
  /** Sizes of CK_MECHANISM_INFO. */
  readonly min: number;
  readonly max: number;
  /** CKF_* of CK_MECHANISM_INFO. */
  readonly flags: number;
  /** Calls that encryption, signatures and digests may take. */
  readonly shape: Shape;
  /** Kinds of keys it works with; empty where there is no key. */
  readonly keys: readonly KeyKind[];
  /** A parameter to work with; absent: the mechanism takes none. */
  readonly parameter?: C.MechanismParameter;
  /** Lengths of messages to try, in bytes. */
  readonly data: readonly number[];
  /** Two calls with the same input answer differently. */
  readonly randomised: boolean;
  /** GetMechanismList names it. */
  readonly listed: boolean;
  /** An IBM card knows it; the others are standard mechanisms behind the card's list. */
  readonly ibm: boolean;
}

const { CKF_ENCRYPT, CKF_DECRYPT, CKF_SIGN, CKF_VERIFY, CKF_WRAP, CKF_UNWRAP, CKF_DERIVE, CKF_DIGEST } = C;
const CRYPT = CKF_ENCRYPT | CKF_DECRYPT;
const SIGNATURE = CKF_SIGN | CKF_VERIFY;
const TRANSPORT = CKF_WRAP | CKF_UNWRAP;

/** Messages of any length: none, one byte, some blocks and a bit. */
const ANY = [0, 1, 37];

function fact(
  mechanismNumber: number,
  [min, max]: readonly [number, number],
  flags: number,
  rest: Partial<MechanismFacts> = {},
): MechanismFacts {
  const usual = { shape: "one-shot", keys: [], data: ANY, randomised: false, listed: true, ibm: true } as const;
  return { ...usual, ...rest, mechanism: mechanismNumber, min, max, flags };
}

const NO_KEY = [0, 0] as const;
const RSA_BITS = [512, 4096] as const;
const AES_BYTES = [16, 32] as const;
const DES_BYTES = [16, 24] as const;
const EC_BITS = [192, 521] as const;
const FIELD_BITS = [1024, 3072] as const;
const RSA = ["RSA-2048"] as const;
const AES = ["AES-128", "AES-192", "AES-256"] as const;
const DES = ["DES2", "DES3"] as const;
const MAC_KEYS = ["generic-32", "SHA256-HMAC", "AES-256", "DES3", "generic-200"] as const;
const SOME_CURVES = ["P-256", "P-521", "brainpoolP320t1"] as const;
const HASHED_IV = Uint8Array.from({ length: 16 }, (_, index) => 17 * index);

const aes = (mechanismNumber: number, flags: number, rest: Partial<MechanismFacts>) =>
  fact(mechanismNumber, AES_BYTES, flags, { shape: "multi", keys: AES, ...rest });
const des = (mechanismNumber: number, flags: number, rest: Partial<MechanismFacts>) =>
  fact(mechanismNumber, DES_BYTES, flags, { shape: "multi", keys: DES, ...rest });
const digest = (mechanismNumber: number, ibm = true) =>
  fact(mechanismNumber, NO_KEY, CKF_DIGEST, { shape: "multi", data: [1, 37, 150], ibm });
const hmac = (mechanismNumber: number, min: number, ibm = true) =>
  fact(mechanismNumber, [min, 32], SIGNATURE, { shape: "multi", keys: MAC_KEYS, ibm });
const shaDerive = (mechanismNumber: number, ibm = true) =>
  fact(mechanismNumber, NO_KEY, CKF_DERIVE, { keys: ["generic-32", "AES-256", "DES3", "SHA256-HMAC"], ibm });
const rsaPkcs = (mechanismNumber: number) => fact(mechanismNumber, RSA_BITS, SIGNATURE, { shape: "multi", keys: RSA });
const rsaPss = (hash: mechanism.HashName) => {
  const { mechanism: mechanismNumber, parameter } = mechanism.rsaPssSignature({ hash });
  return fact(mechanismNumber, RSA_BITS, SIGNATURE, {
    shape: "multi",
    keys: RSA,
    randomised: true,
    parameter: parameter!,
  });
};
const NAMED_CURVES = C.CKF_EC_F_P | C.CKF_EC_NAMEDCURVE | C.CKF_EC_UNCOMPRESS;
const PRIME_FIELD = C.CKF_EC_F_P | C.CKF_EC_UNCOMPRESS;
const ecdsa = (mechanismNumber: number) =>
  fact(mechanismNumber, EC_BITS, SIGNATURE | NAMED_CURVES, { shape: "multi", keys: SOME_CURVES, randomised: true });
const cmac = (mechanismNumber: number, keys: readonly KeyKind[], bytes: readonly [number, number]) =>
  fact(mechanismNumber, bytes, SIGNATURE, { shape: "multi", keys });

/** Every mechanism of issue 2, in the order of GetMechanismList. */
export const MECHANISM_FACTS: readonly MechanismFacts[] = [
  fact(C.CKM_RSA_PKCS, RSA_BITS, CRYPT | SIGNATURE | TRANSPORT, { keys: RSA }),
  fact(C.CKM_RSA_PKCS_OAEP, RSA_BITS, CRYPT | TRANSPORT, {
    keys: RSA,
    parameter: mechanism.rsaOaep({ hash: "sha256", mgf: "sha1", label: Uint8Array.of(1, 2, 3) }).parameter!,
  }),
  fact(C.CKM_RSA_PKCS_KEY_PAIR_GEN, RSA_BITS, C.CKF_GENERATE_KEY_PAIR),
  fact(C.CKM_RSA_X9_31_KEY_PAIR_GEN, RSA_BITS, C.CKF_GENERATE_KEY_PAIR),
  fact(C.CKM_RSA_PKCS_PSS, RSA_BITS, SIGNATURE, {
    keys: RSA,
    parameter: mechanism.rsaPss({ hash: "sha256" }).parameter!,
    data: [32],
    randomised: true,
  }),
  fact(C.CKM_SHA1_RSA_X9_31, RSA_BITS, SIGNATURE, { shape: "multi", keys: RSA }),
  rsaPkcs(C.CKM_SHA1_RSA_PKCS),
  rsaPss("sha1"),
  rsaPkcs(C.CKM_SHA256_RSA_PKCS),
  rsaPss("sha256"),
  rsaPkcs(C.CKM_SHA224_RSA_PKCS),
  rsaPss("sha224"),
  rsaPkcs(C.CKM_SHA384_RSA_PKCS),
  rsaPss("sha384"),
  rsaPkcs(C.CKM_SHA512_RSA_PKCS),
  rsaPss("sha512"),
  fact(C.CKM_AES_KEY_GEN, AES_BYTES, C.CKF_GENERATE),
  aes(C.CKM_AES_ECB, CRYPT, { data: [0, 16, 48] }),
  aes(C.CKM_AES_CBC, CRYPT | TRANSPORT, { data: [0, 16, 48], parameter: HASHED_IV }),
  aes(C.CKM_AES_CBC_PAD, CRYPT | TRANSPORT, { data: [0, 1, 16, 37], parameter: HASHED_IV }),
  fact(C.CKM_DES2_KEY_GEN, [16, 16], C.CKF_GENERATE),
  fact(C.CKM_DES3_KEY_GEN, [24, 24], C.CKF_GENERATE),
  des(C.CKM_DES3_ECB, CRYPT, { data: [0, 8, 40] }),
  des(C.CKM_DES3_CBC, CRYPT | TRANSPORT, { data: [0, 8, 40], parameter: HASHED_IV.subarray(0, 8) }),
  des(C.CKM_DES3_CBC_PAD, CRYPT | TRANSPORT, { data: [0, 1, 8, 37], parameter: HASHED_IV.subarray(0, 8) }),
  fact(C.CKM_GENERIC_SECRET_KEY_GEN, [8, 256], C.CKF_GENERATE | CKF_DERIVE),
  digest(C.CKM_SHA256),
  shaDerive(C.CKM_SHA256_KEY_DERIVATION),
  hmac(C.CKM_SHA256_HMAC, 16),
  digest(C.CKM_SHA224),
  shaDerive(C.CKM_SHA224_KEY_DERIVATION),
  hmac(C.CKM_SHA224_HMAC, 14),
  digest(C.CKM_SHA_1),
  shaDerive(C.CKM_SHA1_KEY_DERIVATION),
  hmac(C.CKM_SHA_1_HMAC, 10),
  digest(C.CKM_SHA384),
  shaDerive(C.CKM_SHA384_KEY_DERIVATION),
  hmac(C.CKM_SHA384_HMAC, 24),
  digest(C.CKM_SHA512),
  shaDerive(C.CKM_SHA512_KEY_DERIVATION),
  hmac(C.CKM_SHA512_HMAC, 32),
  digest(C.CKM_SHA512_256),
  digest(C.CKM_IBM_SHA512_256),
  hmac(C.CKM_SHA512_256_HMAC, 16),
  hmac(C.CKM_IBM_SHA512_256_HMAC, 16),
  digest(C.CKM_SHA512_224),
  digest(C.CKM_IBM_SHA512_224),
  hmac(C.CKM_SHA512_224_HMAC, 14),
  hmac(C.CKM_IBM_SHA512_224_HMAC, 14),
  fact(C.CKM_EC_KEY_PAIR_GEN, EC_BITS, C.CKF_GENERATE_KEY_PAIR | NAMED_CURVES),
  fact(C.CKM_ECDSA, EC_BITS, SIGNATURE | NAMED_CURVES, {
    keys: WEIERSTRASS_CURVES,
    data: [20, 32, 100],
    randomised: true,
  }),
  ecdsa(C.CKM_ECDSA_SHA1),
  fact(C.CKM_ECDH1_DERIVE, EC_BITS, CKF_DERIVE | PRIME_FIELD, { keys: WEIERSTRASS_CURVES }),
  fact(C.CKM_DSA_PARAMETER_GEN, FIELD_BITS, C.CKF_GENERATE),
  fact(C.CKM_DSA_KEY_PAIR_GEN, FIELD_BITS, C.CKF_GENERATE_KEY_PAIR),
  fact(C.CKM_DSA, FIELD_BITS, SIGNATURE, { keys: ["DSA-2048"], data: [20, 32, 64], randomised: true }),
  fact(C.CKM_DSA_SHA1, FIELD_BITS, SIGNATURE, { shape: "multi", keys: ["DSA-2048"], randomised: true }),
  fact(C.CKM_DH_PKCS_PARAMETER_GEN, FIELD_BITS, C.CKF_GENERATE),
  fact(C.CKM_DH_PKCS_KEY_PAIR_GEN, FIELD_BITS, C.CKF_GENERATE_KEY_PAIR),
  fact(C.CKM_DH_PKCS_DERIVE, FIELD_BITS, CKF_DERIVE, { keys: ["DH-2048"] }),
  fact(C.CKM_RSA_X9_31, RSA_BITS, SIGNATURE, { keys: RSA, data: [21, 33] }),
  digest(C.CKM_IBM_SHA3_224),
  digest(C.CKM_IBM_SHA3_256),
  digest(C.CKM_IBM_SHA3_384),
  digest(C.CKM_IBM_SHA3_512),
  hmac(C.CKM_IBM_SHA3_224_HMAC, 14),
  hmac(C.CKM_IBM_SHA3_256_HMAC, 16),
  hmac(C.CKM_IBM_SHA3_384_HMAC, 24),
  hmac(C.CKM_IBM_SHA3_512_HMAC, 32),
  fact(C.CKM_IBM_ATTRIBUTEBOUND_WRAP, [0, 4096], TRANSPORT, { keys: ["RSA-2048", ...AES, ...DES] }),
  ecdsa(C.CKM_ECDSA_SHA224),
  ecdsa(C.CKM_IBM_ECDSA_SHA224),
  ecdsa(C.CKM_ECDSA_SHA256),
  ecdsa(C.CKM_IBM_ECDSA_SHA256),
  ecdsa(C.CKM_ECDSA_SHA384),
  ecdsa(C.CKM_IBM_ECDSA_SHA384),
  ecdsa(C.CKM_ECDSA_SHA512),
  ecdsa(C.CKM_IBM_ECDSA_SHA512),
  fact(C.CKM_IBM_EC_X25519, [256, 256], CKF_DERIVE | PRIME_FIELD, { keys: ["X25519"] }),
  fact(C.CKM_IBM_EC_X448, [448, 448], CKF_DERIVE | PRIME_FIELD, { keys: ["X448"] }),
  fact(C.CKM_IBM_ED25519_SHA512, [256, 256], SIGNATURE | PRIME_FIELD, { keys: ["Ed25519"] }),
  fact(C.CKM_IBM_ED448_SHA3, [448, 448], SIGNATURE | PRIME_FIELD, { keys: ["Ed448"] }),
  cmac(C.CKM_IBM_CMAC, [...AES, ...DES], [16, 32]),
  cmac(C.CKM_AES_CMAC, AES, [16, 32]),
  cmac(C.CKM_DES3_CMAC, DES, [16, 24]),
  // IBM's service documents these two; the card's list has neither.
  fact(C.CKM_DES3_ECB_ENCRYPT_DATA, DES_BYTES, CKF_DERIVE, { keys: DES }),
  fact(C.CKM_IBM_TRANSPORTKEY, NO_KEY, CKF_UNWRAP, { listed: false }),
  // Standard names of what the card has under IBM's.
  digest(C.CKM_SHA3_224, false),
  digest(C.CKM_SHA3_256, false),
  digest(C.CKM_SHA3_384, false),
  digest(C.CKM_SHA3_512, false),
  hmac(C.CKM_SHA3_224_HMAC, 14, false),
  hmac(C.CKM_SHA3_256_HMAC, 16, false),
  hmac(C.CKM_SHA3_384_HMAC, 24, false),
  hmac(C.CKM_SHA3_512_HMAC, 32, false),
  shaDerive(C.CKM_SHA512_224_KEY_DERIVATION, false),
  shaDerive(C.CKM_SHA512_256_KEY_DERIVATION, false),
];

/** Whether a mechanism is offered for a function (CKF_*). */
export function offers(facts: MechanismFacts, flag: number): boolean {
  return (facts.flags & flag) !== 0;
}

/** The mechanism with its parameter, ready to be sent. */
export function mechanismOf({ mechanism, parameter }: MechanismFacts): C.Mechanism {
  return parameter === undefined ? { mechanism } : { mechanism, parameter };
}
