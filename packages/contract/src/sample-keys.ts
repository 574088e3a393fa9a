/** Defines the keys that the suite uses and how each is generated. A key has all the rights that its type can have. */
import { ecParams, parameterSet, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";

/** A secret key that GenerateKey makes. */
export interface SecretSample {
  readonly kind: "secret";
  readonly keyType: number;
  readonly mech: ck.Mechanism;
  /** Length of the value in bytes. */
  readonly bytes: number;
  readonly template: ck.Template;
}

/** A secret key that no mechanism generates. UnwrapKey imports it from random bytes instead. */
export interface ImportedSample {
  readonly kind: "imported";
  readonly keyType: number;
  readonly bytes: number;
}

/** A key pair that GenerateKeyPair makes. */
export interface PairSample {
  readonly kind: "pair";
  readonly keyType: number;
  readonly mech: ck.Mechanism;
  readonly publicTemplate: ck.Template;
  readonly privateTemplate: ck.Template;
}

/** A template that grants all rights of a secret key. */
export const ALL_RIGHTS: ck.Template = template({
  CKA_ENCRYPT: true,
  CKA_DECRYPT: true,
  CKA_SIGN: true,
  CKA_VERIFY: true,
  CKA_WRAP: true,
  CKA_UNWRAP: true,
  CKA_DERIVE: true,
});

const PRIVATE_RIGHTS = template({ CKA_SIGN: true, CKA_DECRYPT: true, CKA_UNWRAP: true, CKA_DERIVE: true });
const PUBLIC_RIGHTS = template({ CKA_VERIFY: true, CKA_ENCRYPT: true, CKA_WRAP: true, CKA_DERIVE: true });

/** DSA parameters with p of 2048 and q of 256 bits. They were generated in advance with OpenSSL, because that takes seconds. */
export const DSA_PARAMETERS = new Uint8Array(
  Buffer.from(
    "MIICLQKCAQEA5p1QT3RxVnR0EYow6n9QA9ivY+IwX+snH9hGFIWOnkqwV8DR3NipJeQoe9VlMAQhZjReao5sJLb+KR+/C1s31twBsIDBPGUX97Hk3lid8YL0BJSCY8S7X6lWTTCm83ypA6yGdNHCz+28IWEh3OAWcdRtOZY6rcJvJQSWUZfnU0ygG9I17eslJmNZb9rddoh/b29JXeWZKGlRibW5wHq/zIw8A5K+poICF8tL6K+iUkMMHdQzjxq0MU+FD6v2BBG5dI/5nHNE/OUB98MGfb1DZ3mpX8ctdu8v+td/4Gs52hiGJuaiJGig0vja/N+OAzhOuoT/6qouiaEmfhr5/Uo2awIhAJCI3WURkqU9C/eNk72v8/gxQf0Wj+6XF/QojEBF0p3fAoIBAQCdE8bIjldzlEKYrsbe+CCrmetV2xKVzF91WiGmkdj8k/DG40l6VxSOPZ2VI/Dshv/YKNkaKs4CdCOXATvbZBstwvz2sLFiUOsxDfa+Bbs7ufkzQ9Z/vGDlr5wi1tc0Bz3fJYvKxI6SvILndEJsGAvZsRiwNiGKutZnGgPl9Uj6WJSrelm2bn98riyokV/jo4hjD2+f59eppRHLE8a7j+sJAT2aiPNxgShg5JcyqYlQ5ErfIFE0Ole36zJjNJSSX4OK95WbQj0hS0fg0A7CT9S266Q59C59Dn5iKjaMJfI5tBsTKZUo5D5yKLPvxoWGfaUb9dLPjqFy2X2KH4GyXNkx",
    "base64",
  ),
);

function secret(mechanism: number, keyType: number, bytes: number): SecretSample {
  // Key types with a fixed length ignore CKA_VALUE_LEN, so the template can always contain it.
  const wanted = new Map([...ALL_RIGHTS, [ck.CKA_VALUE_LEN, bytes] as const]);
  return { kind: "secret", keyType, mech: { mechanism }, bytes, template: wanted };
}

function pair(mechanism: number, keyType: number, attributes: ck.Template): PairSample {
  return {
    kind: "pair",
    keyType,
    mech: { mechanism },
    publicTemplate: new Map([...PUBLIC_RIGHTS, ...attributes]),
    privateTemplate: PRIVATE_RIGHTS,
  };
}

function ec(curve: ck.CurveName): PairSample {
  return pair(ck.CKM_EC_KEY_PAIR_GEN, ck.CKK_EC, template({ CKA_EC_PARAMS: ecParams(curve) }));
}

function postQuantum(mechanism: number, keyType: number, set: ck.ParameterSetName): PairSample {
  return pair(mechanism, keyType, parameterSet(set));
}

const CURVES = Object.fromEntries(ck.curveNames.map((curve) => [curve, ec(curve)])) as Record<ck.CurveName, PairSample>;

/** All keys by name. The DH parameters are those of RFC 7919, because the HSM returns these too. */
export const SAMPLE_KEYS = {
  "AES-128": secret(ck.CKM_AES_KEY_GEN, ck.CKK_AES, 16),
  "AES-192": secret(ck.CKM_AES_KEY_GEN, ck.CKK_AES, 24),
  "AES-256": secret(ck.CKM_AES_KEY_GEN, ck.CKK_AES, 32),
  DES2: secret(ck.CKM_DES2_KEY_GEN, ck.CKK_DES2, 16),
  DES3: secret(ck.CKM_DES3_KEY_GEN, ck.CKK_DES3, 24),
  "generic-32": secret(ck.CKM_GENERIC_SECRET_KEY_GEN, ck.CKK_GENERIC_SECRET, 32),
  "generic-200": secret(ck.CKM_GENERIC_SECRET_KEY_GEN, ck.CKK_GENERIC_SECRET, 200),
  "SHA256-HMAC": { kind: "imported", keyType: ck.CKK_SHA256_HMAC, bytes: 32 },
  "RSA-2048": pair(
    ck.CKM_RSA_PKCS_KEY_PAIR_GEN,
    ck.CKK_RSA,
    template({ CKA_MODULUS_BITS: 2048, CKA_PUBLIC_EXPONENT: Uint8Array.of(1, 0, 1) }),
  ),
  "DSA-2048": pair(ck.CKM_DSA_KEY_PAIR_GEN, ck.CKK_DSA, template({ CKA_IBM_STRUCT_PARAMS: DSA_PARAMETERS })),
  "DH-2048": pair(ck.CKM_DH_PKCS_KEY_PAIR_GEN, ck.CKK_DH, template({ CKA_PRIME_BITS: 2048 })),
  ...CURVES,
  "XTS-128": secret(ck.CKM_AES_XTS_KEY_GEN, ck.CKK_AES_XTS, 32),
  "XTS-256": secret(ck.CKM_AES_XTS_KEY_GEN, ck.CKK_AES_XTS, 64),
  ChaCha20: secret(ck.CKM_CHACHA20_KEY_GEN, ck.CKK_CHACHA20, 32),
  "HKDF-32": secret(ck.CKM_HKDF_KEY_GEN, ck.CKK_HKDF, 32),
  "dilithium-round2-65": postQuantum(ck.CKM_IBM_DILITHIUM, ck.CKK_IBM_PQC_DILITHIUM, "dilithium-round2-65"),
  "dilithium-round2-87": postQuantum(ck.CKM_IBM_DILITHIUM, ck.CKK_IBM_PQC_DILITHIUM, "dilithium-round2-87"),
  "dilithium-round3-44": postQuantum(ck.CKM_IBM_DILITHIUM, ck.CKK_IBM_PQC_DILITHIUM, "dilithium-round3-44"),
  "dilithium-round3-65": postQuantum(ck.CKM_IBM_DILITHIUM, ck.CKK_IBM_PQC_DILITHIUM, "dilithium-round3-65"),
  "dilithium-round3-87": postQuantum(ck.CKM_IBM_DILITHIUM, ck.CKK_IBM_PQC_DILITHIUM, "dilithium-round3-87"),
  "kyber-768": postQuantum(ck.CKM_IBM_KYBER, ck.CKK_IBM_PQC_KYBER, "kyber-768"),
  "kyber-1024": postQuantum(ck.CKM_IBM_KYBER, ck.CKK_IBM_PQC_KYBER, "kyber-1024"),
  "ml-dsa-44": postQuantum(ck.CKM_IBM_ML_DSA_KEY_PAIR_GEN, ck.CKK_IBM_ML_DSA, "ml-dsa-44"),
  "ml-dsa-65": postQuantum(ck.CKM_IBM_ML_DSA_KEY_PAIR_GEN, ck.CKK_IBM_ML_DSA, "ml-dsa-65"),
  "ml-dsa-87": postQuantum(ck.CKM_IBM_ML_DSA_KEY_PAIR_GEN, ck.CKK_IBM_ML_DSA, "ml-dsa-87"),
  "ml-kem-512": postQuantum(ck.CKM_IBM_ML_KEM_KEY_PAIR_GEN, ck.CKK_IBM_ML_KEM, "ml-kem-512"),
  "ml-kem-768": postQuantum(ck.CKM_IBM_ML_KEM_KEY_PAIR_GEN, ck.CKK_IBM_ML_KEM, "ml-kem-768"),
  "ml-kem-1024": postQuantum(ck.CKM_IBM_ML_KEM_KEY_PAIR_GEN, ck.CKK_IBM_ML_KEM, "ml-kem-1024"),
  "slh-dsa-sha2-128f": postQuantum(ck.CKM_SLH_DSA_KEY_PAIR_GEN, ck.CKK_SLH_DSA, "slh-dsa-sha2-128f"),
} as const satisfies Record<string, SecretSample | ImportedSample | PairSample>;

/** The name of a key in {@link SAMPLE_KEYS}. */
export type SampleKey = keyof typeof SAMPLE_KEYS;

/** The curves that ECDSA and ECDH1 support: all except the Edwards and Montgomery curves and BLS12-381. */
export const WEIERSTRASS_CURVES: readonly ck.CurveName[] = ck.curveNames.filter((curve) => !/^(X|Ed|BLS)/.test(curve));
