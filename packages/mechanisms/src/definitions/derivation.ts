/** Defines the mechanisms that derive keys from other keys or from passwords. */
import * as ck from "@grep11/cryptoki";
import { section } from "../definition.ts";
import { bytes, choice, implied, lengthOf, NOTHING, number, password, sealedKey } from "../layout/field.ts";
import { none } from "../layout/parameter.ts";
import { hash } from "../layout/shared.ts";
import { MAX_PARAMETER_BYTES, sp800 } from "../layout/sp800.ts";
import { structure } from "../layout/structure.ts";

/** The maximum length of a password in bytes (EP11). */
const MAX_PASSWORD_BYTES = 1024;

/** CK_HKDF_PARAMS. If only the expand step is used, the salt is ignored, whatever its type (PKCS #11 v3.2). */
const hkdf = structure(
  {
    steps: choice({ extract: 1, expand: 2, both: 3 }).optional("both").with({ label: "flags" }),
    hash: hash(),
    saltType: implied(
      ({ salt, saltKey }) => {
        if (lengthOf(saltKey) > 0) return ck.CKF_HKDF_SALT_KEY;
        return lengthOf(salt) > 0 ? ck.CKF_HKDF_SALT_DATA : ck.CKF_HKDF_SALT_NULL;
      },
      (type, { steps, salt, saltKey }) => {
        if (steps === 2) return true;
        if (lengthOf(saltKey) > 0) return type === ck.CKF_HKDF_SALT_KEY && lengthOf(salt) === 0;
        return type === ck.CKF_HKDF_SALT_DATA || (type === ck.CKF_HKDF_SALT_NULL && lengthOf(salt) === 0);
      },
    ).with({ form: "1 none, 2 bytes, 4 a key" }),
    salt: bytes().optional(NOTHING),
    saltKey: sealedKey().optional(NOTHING),
    info: bytes().optional(NOTHING),
  },
  { maxBytes: MAX_PARAMETER_BYTES },
).map((value) => (value.steps === "expand" ? { ...value, salt: NOTHING, saltKey: NOTHING } : value));

const PRFS = {
  sha1: ck.CKP_PKCS5_PBKD2_HMAC_SHA1,
  sha224: ck.CKP_PKCS5_PBKD2_HMAC_SHA224,
  sha256: ck.CKP_PKCS5_PBKD2_HMAC_SHA256,
  sha384: ck.CKP_PKCS5_PBKD2_HMAC_SHA384,
  sha512: ck.CKP_PKCS5_PBKD2_HMAC_SHA512,
  "sha512-224": ck.CKP_PKCS5_PBKD2_HMAC_SHA512_224,
  "sha512-256": ck.CKP_PKCS5_PBKD2_HMAC_SHA512_256,
} as const;

/**
 * CK_PKCS5_PBKD2_PARAMS2 without the members that are constant. Deriving a key with the maximum number of iterations takes about
 * 4 seconds. The default number is what OWASP recommended in 2023.
 */
const pbkdf2 = structure(
  {
    hash: choice(PRFS, "CKP_PKCS5_PBKD2_HMAC_*").with({ label: "PRF", text: { fallback: "sha256" } }),
    iterations: number(1, 10_000_000).with({ text: { fallback: 600_000 } }),
    salt: bytes(),
    password: password(MAX_PASSWORD_BYTES),
  },
  { maxBytes: MAX_PARAMETER_BYTES },
);

/** EP11's PBE block. It contains the length of an IV, because cards return an IV. This project returns no IV. */
const pbe = structure(
  {
    ivLength: implied(
      () => 0,
      (length) => length === 0 || length === 8,
    ).with({ label: "IV length", form: "0 or 8" }),
    password: password(MAX_PASSWORD_BYTES),
    salt: bytes(1, 256),
    iterations: number(1, 65_536).with({ text: { fallback: 65_536 } }),
  },
  { maxBytes: MAX_PARAMETER_BYTES },
);

export const DERIVATION_SECTIONS = [
  section({
    title: "HKDF",
    standard: "RFC 5869, SP 800-56C; PKCS #11 v3.2, 6.62",
    vectors: ["ep11/key-derivation.json", "wycheproof/hkdf_*"],
    remark:
      "Expanding is an HMAC, so CKA_DERIVE gives some MACs under `hpcs`, CKA_SIGN or not. Under `strict` no secret key both derives and signs.",
    mechanisms: [
      [ck.CKM_HKDF_DERIVE, hkdf],
      [ck.CKM_HKDF_KEY_GEN, none],
    ],
  }),
  section({
    title: "SP 800-108 key derivation",
    standard: "SP 800-108; PKCS #11 v3.2, 6.42",
    vectors: ["ep11/key-derivation.json"],
    remark:
      "One key for each call; counter, feedback and double pipeline mode. What is derived is a MAC: see HKDF for what that means to CKA_DERIVE.",
    mechanisms: [
      [ck.CKM_SP800_108_COUNTER_KDF, sp800("counter")],
      [ck.CKM_SP800_108_FEEDBACK_KDF, sp800("feedback")],
      [ck.CKM_SP800_108_DOUBLE_PIPELINE_KDF, sp800("double-pipeline")],
    ],
  }),
  section({
    title: "Keys from passwords",
    standard: "RFC 8018, 5.2; RFC 7292, B.2; PKCS #11 v3.2, 6.37.4, 6.38.1",
    vectors: ["ep11/key-derivation.json", "wycheproof/pbkdf2_*"],
    mechanisms: [
      [ck.CKM_PKCS5_PBKD2, pbkdf2],
      [ck.CKM_PBE_SHA1_DES3_EDE_CBC, pbe],
    ],
  }),
  section({
    title: "Public half of a private key",
    standard: "PKCS #11 v3.2, 6.43.8",
    vectors: [],
    remark: "Needs no CKA_DERIVE: nothing secret comes out.",
    mechanisms: [[ck.CKM_PUB_KEY_FROM_PRIV_KEY, none]],
  }),
] as const;
