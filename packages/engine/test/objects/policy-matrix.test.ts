/**
 * Compares every combination of rights, for every key type and class, under four policies, with an independent table of the
 * rules: creation by createKey, use by requireAllowedUse, change by changeKey.
 */
import { randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { hasBoolean } from "../../src/objects/booleans.ts";
import { changeKey } from "../../src/objects/change-key.ts";
import { createKey } from "../../src/objects/create-key.ts";
import type { KeyMaterial } from "../../src/objects/key.ts";
import { keyTypeRules, withOddParity } from "../../src/objects/key-types.ts";
import { adjustPolicy, HPCS_POLICY, type Policy, STRICT_POLICY } from "../../src/objects/policy/policy.ts";
import { requireAllowedUse } from "../../src/objects/policy/policy-rules.ts";
import { P_256 } from "../../src/primitives/ec/curves.ts";
import { generateEcKeyPair } from "../../src/primitives/ec/ec-point.ts";
import { generateDhKeyPair } from "../../src/primitives/finite-field/dh-agreement.ts";
import { generateDsaParameters } from "../../src/primitives/finite-field/dsa-parameters.ts";
import { generateDsaKeyPair } from "../../src/primitives/finite-field/dsa-raw.ts";
import { groupOfSize } from "../../src/primitives/finite-field/groups.ts";
import { encodePrivateKey, encodePublicKey } from "../../src/primitives/keys/key-encodings.ts";
import { generatePqcKeyPair } from "../../src/primitives/lattice/pqc-keys.ts";
import { type PqcSet, pqcSet } from "../../src/primitives/lattice/pqc-sets.ts";
import { generateRsaKeyPair } from "../../src/primitives/rsa/rsa.ts";
import { rvOf } from "../sealing.ts";

const [E, D, S, V, W, U, A] = [
  ck.CKA_ENCRYPT,
  ck.CKA_DECRYPT,
  ck.CKA_SIGN,
  ck.CKA_VERIFY,
  ck.CKA_WRAP,
  ck.CKA_UNWRAP,
  ck.CKA_DERIVE,
] as const;
const RIGHTS = [E, D, S, V, W, U, A];
const CHOICES = Array.from({ length: 128 }, (_, bits) => RIGHTS.filter((_right, index) => (bits >> index) & 1));

const random = (length: number) => Uint8Array.from(randomBytes(length));
const ec = generateEcKeyPair(P_256, random);
const rsa = generateRsaKeyPair(2048, 65537);
const dsa = generateDsaKeyPair(generateDsaParameters(1024, 160), random);
const dh = generateDhKeyPair(groupOfSize(2048)!, random, undefined);

interface Kind {
  readonly name: string;
  readonly material: KeyMaterial;
  readonly applicable: readonly number[];
  readonly always?: number;
  readonly strength: number;
}

const secret = (
  name: string,
  keyType: number,
  bytes: number,
  applicable: readonly number[],
  strength: number,
): Kind => {
  const value = withOddParity(random(bytes));
  return { name, material: { objectClass: ck.CKO_SECRET_KEY, keyType, value }, applicable, strength };
};
const pair = (
  name: string,
  keyType: number,
  strength: number,
  [privateValue, privateRights]: readonly [Uint8Array, readonly number[]],
  [publicValue, publicRights, always]: readonly [Uint8Array, readonly number[], number?],
): Kind[] => [
  {
    name: `${name} private`,
    material: { objectClass: ck.CKO_PRIVATE_KEY, keyType, value: privateValue },
    applicable: privateRights,
    strength,
  },
  {
    name: `${name} public`,
    material: { objectClass: ck.CKO_PUBLIC_KEY, keyType, value: publicValue },
    applicable: publicRights,
    strength,
    ...(always === undefined ? {} : { always }),
  },
];

const pqcPair = (
  name: PqcSet["name"],
  keyType: number,
  strength: number,
  privateRights: readonly number[],
  publicRights: readonly number[],
) => {
  const key = generatePqcKeyPair(pqcSet(name), random);
  return pair(name, keyType, strength, [encodePrivateKey(key), privateRights], [encodePublicKey(key), publicRights]);
};

const HMAC_TYPES = [
  ck.CKK_SHA_1_HMAC,
  ck.CKK_SHA224_HMAC,
  ck.CKK_SHA256_HMAC,
  ck.CKK_SHA384_HMAC,
  ck.CKK_SHA512_HMAC,
  ck.CKK_SHA512_224_HMAC,
  ck.CKK_SHA512_256_HMAC,
  ck.CKK_SHA3_224_HMAC,
  ck.CKK_SHA3_256_HMAC,
  ck.CKK_SHA3_384_HMAC,
  ck.CKK_SHA3_512_HMAC,
];
const PQC_TYPES = [
  ck.CKK_IBM_PQC_DILITHIUM,
  ck.CKK_IBM_PQC_KYBER,
  ck.CKK_IBM_ML_DSA,
  ck.CKK_IBM_ML_KEM,
  ck.CKK_SLH_DSA,
];

const KINDS: readonly Kind[] = [
  secret("AES-128", ck.CKK_AES, 16, RIGHTS, 128),
  secret("AES-256", ck.CKK_AES, 32, RIGHTS, 256),
  secret("DES2", ck.CKK_DES2, 16, RIGHTS, 80),
  secret("DES3", ck.CKK_DES3, 24, RIGHTS, 112),
  secret("generic of 8 bytes", ck.CKK_GENERIC_SECRET, 8, [S, V, A], 64),
  secret("generic of 24 bytes", ck.CKK_GENERIC_SECRET, 24, [S, V, A], 192),
  ...HMAC_TYPES.map((keyType) => secret(ck.ckkName(keyType), keyType, 32, [S, V, A], 256)),
  secret("AES-128-XTS", ck.CKK_AES_XTS, 32, [E, D], 128),
  secret("AES-256-XTS", ck.CKK_AES_XTS, 64, [E, D], 256),
  secret("ChaCha20", ck.CKK_CHACHA20, 32, [E, D], 256),
  secret("HKDF", ck.CKK_HKDF, 32, [A], 256),
  ...pair("RSA-2048", ck.CKK_RSA, 112, [rsa.pkcs8, [S, D, U]], [rsa.spki, [V, E, W]]),
  ...pair("P-256", ck.CKK_EC, 128, [encodePrivateKey(ec), [S, A, U]], [encodePublicKey(ec), [V, A, W]]),
  ...pair("DSA-1024", ck.CKK_DSA, 80, [encodePrivateKey(dsa.privateKey), [S]], [encodePublicKey(dsa.publicKey), [V]]),
  ...pair("DH-2048", ck.CKK_DH, 112, [encodePrivateKey(dh.privateKey), [A]], [encodePublicKey(dh.publicKey), [A]]),
  ...pqcPair("round3-44", ck.CKK_IBM_PQC_DILITHIUM, 128, [S], [V]),
  ...pqcPair("kyber-768", ck.CKK_IBM_PQC_KYBER, 192, [D, A], [E, A]),
  ...pqcPair("ml-dsa-44", ck.CKK_IBM_ML_DSA, 128, [S], [V]),
  ...pqcPair("ml-kem-1024", ck.CKK_IBM_ML_KEM, 256, [A], [A]),
  ...pqcPair("slh-dsa-sha2-192f", ck.CKK_SLH_DSA, 192, [S], [V]),
];

test("the kinds above cover every key type", () => {
  const kinds = KINDS.map(({ material }) => [material.keyType, material.objectClass].join());
  const known = [...ck.KEY_TYPES.keys()].flatMap((keyType) => {
    const classes =
      keyTypeRules(keyType)!.kind === "pair" ? [ck.CKO_PRIVATE_KEY, ck.CKO_PUBLIC_KEY] : [ck.CKO_SECRET_KEY];
    return classes.map((objectClass) => [keyType, objectClass].join());
  });
  expect(new Set(kinds)).toEqual(new Set(known));
});

interface Rules {
  readonly policy: Policy;
  /** Pairs of groups of rights; a secret or private key cannot have rights of both groups. */
  readonly apart: readonly (readonly [readonly number[], readonly number[]])[];
  /** Forbidden classes of strength, as [minimum, maximum] bits. */
  readonly forbidden: readonly (readonly [number, number])[];
  /** Key types that are forbidden, whatever the rights of their keys. */
  readonly types: readonly number[];
  readonly needsSession: boolean;
}

const CRYPT = [E, D];
const SIGN = [S, V];
const TRANSPORT = [W, U];

const POLICIES: readonly Rules[] = [
  { policy: HPCS_POLICY, apart: [], forbidden: [], types: [], needsSession: false },
  {
    policy: STRICT_POLICY,
    apart: [
      [CRYPT, SIGN],
      [CRYPT, TRANSPORT],
      [SIGN, TRANSPORT],
    ],
    forbidden: [[0, 111]],
    types: [ck.CKK_DES2, ck.CKK_DES3],
    needsSession: false,
  },
  {
    policy: adjustPolicy(HPCS_POLICY, "custom", {
      off: [
        ck.XCP_CPB_SIGN_CRYPT_KEYS,
        ck.XCP_CPB_KEYSZ_112BIT,
        ck.XCP_CPB_ALG_EC_NISTCRV,
        ck.XCP_CPB_ALG_DSA,
        ck.XCP_CPB_ALG_ML_KEM,
      ],
    }),
    apart: [[CRYPT, SIGN]],
    forbidden: [[112, 127]],
    types: [ck.CKK_EC, ck.CKK_DSA, ck.CKK_IBM_ML_KEM],
    needsSession: false,
  },
  {
    policy: adjustPolicy(STRICT_POLICY, "other control points", {
      on: [ck.XCP_CPB_WRAP_SIGN_KEYS, ck.XCP_CPB_KEYSZ_80BIT],
      off: [ck.XCP_CPB_ALLOW_NONSESSION, ck.XCP_CPB_ALG_RSA, ck.XCP_CPB_ALG_PQC],
    }),
    apart: [
      [CRYPT, SIGN],
      [CRYPT, TRANSPORT],
    ],
    forbidden: [[0, 79]],
    types: [ck.CKK_DES2, ck.CKK_DES3, ck.CKK_RSA, ...PQC_TYPES],
    needsSession: true,
  },
];

/** Under strict, secret keys that derive may do nothing else, and private keys that derive may not unwrap. */
function mixesDerivation({ policy }: Rules, kind: Kind, rights: readonly number[]): boolean {
  if (policy === HPCS_POLICY || policy.name === "custom" || !rights.includes(A)) return false;
  const others = kind.material.objectClass === ck.CKO_SECRET_KEY ? [...CRYPT, ...SIGN, ...TRANSPORT] : TRANSPORT;
  return others.some((right) => rights.includes(right));
}

function isLegal(rules: Rules, kind: Kind, rights: readonly number[]): boolean {
  const isPublic = kind.material.objectClass === ck.CKO_PUBLIC_KEY;
  const has = (group: readonly number[]) => group.some((right) => rights.includes(right));
  if (!isPublic && rules.apart.some((groups) => groups.every(has))) return false;
  if (!isPublic && mixesDerivation(rules, kind, rights)) return false;
  if (rules.types.includes(kind.material.keyType)) return false;
  return !rules.forbidden.some(([least, most]) => kind.strength >= least && kind.strength <= most);
}

/**
 * Returns the resulting rights: the rights in `asked` that the kind can have, and the rights that public keys always
 * have.
 */
function rightsOf({ material, applicable }: Kind, asked: readonly number[]): number[] {
  const isPublic = material.objectClass === ck.CKO_PUBLIC_KEY;
  return applicable.filter((right) => asked.includes(right) || (isPublic && (right === V || right === E)));
}

const uid = new Uint8Array(16);
const origin = (policy: Policy) => ({ policy, origin: "generate", mechanism: ck.CKM_AES_KEY_GEN, uid }) as const;
const templateOf = (asked: readonly number[]) => new Map(RIGHTS.map((right) => [right, asked.includes(right)]));

const CASES = POLICIES.flatMap((rules) => KINDS.map((kind) => [rules.policy.name, kind.name, rules, kind] as const));

test.each(CASES)("%s: keys of type %s are made according to the rules", (_policy, _name, rules, kind) => {
  for (const asked of CHOICES) {
    const rights = rightsOf(kind, asked);
    const make = () => createKey(kind.material, templateOf(asked), origin(rules.policy));
    expect([asked, rvOf(make)]).toEqual([asked, isLegal(rules, kind, rights) ? undefined : ck.CKR_FUNCTION_CANCELED]);
    if (isLegal(rules, kind, rights)) {
      expect(RIGHTS.filter((right) => hasBoolean(make().booleans, right)).sort()).toEqual(rights.sort());
    }
  }
});

test.each(CASES)(
  "%s: keys of type %s made elsewhere are used according to the rules",
  (_policy, _name, rules, kind) => {
    for (const asked of CHOICES) {
      const key = createKey(kind.material, templateOf(asked), origin(HPCS_POLICY));
      const isPublic = kind.material.objectClass === ck.CKO_PUBLIC_KEY;
      const bound = { ...key, session: new Uint8Array(32).fill(0xaa) };
      const expected = isLegal(rules, kind, rightsOf(kind, asked)) ? undefined : ck.CKR_FUNCTION_CANCELED;
      expect([asked, rvOf(() => requireAllowedUse(rules.policy, bound))]).toEqual([asked, expected]);
      const loose = rules.needsSession && !isPublic ? ck.CKR_FUNCTION_CANCELED : expected;
      expect([asked, rvOf(() => requireAllowedUse(rules.policy, key))]).toEqual([asked, loose]);
    }
  },
);

/**
 * Whether these rights exclude one another for any key material. With transport rights, CKA_IBM_USE_AS_DATA counts as
 * derivation.
 */
function areApart(rules: Rules, kind: Kind, rights: readonly number[]): boolean {
  const mixed = rules.apart.some((groups) => groups.every((group) => group.some((right) => rights.includes(right))));
  if (mixed || mixesDerivation(rules, kind, rights)) return true;
  const asData = rights.includes(ck.CKA_IBM_USE_AS_DATA) ? [...rights, A] : rights;
  return TRANSPORT.some((right) => rights.includes(right)) && mixesDerivation(rules, kind, asData);
}

/**
 * Whether a key with these rights may get the further right `right`. The blob without `right` stays valid, so it must
 * not be able to get a right that excludes `right`.
 */
function mayGain(rules: Rules, kind: Kind, rights: readonly number[], right: number): boolean {
  const others =
    kind.material.objectClass === ck.CKO_SECRET_KEY ? [...kind.applicable, ck.CKA_IBM_USE_AS_DATA] : kind.applicable;
  const copies = [[], ...others.map((other) => [other])].filter(
    (other) => !areApart(rules, kind, [...rights, ...other]),
  );
  return (
    !areApart(rules, kind, [...rights, right]) &&
    copies.every((other) => !areApart(rules, kind, [...rights, right, ...other]))
  );
}

test.each(CASES)(
  "%s: keys of type %s do not get exclusive rights, nor rights that a copy could combine",
  (_policy, _name, rules, kind) => {
    if (kind.material.objectClass === ck.CKO_PUBLIC_KEY) return;
    for (const asked of CHOICES) {
      const rights = rightsOf(kind, asked);
      const key = createKey(kind.material, templateOf(asked), origin(HPCS_POLICY));
      for (const right of kind.applicable.filter((each) => !rights.includes(each))) {
        const expected = mayGain(rules, kind, rights, right) ? undefined : ck.CKR_FUNCTION_CANCELED;
        const change = () => changeKey(key, new Map([[right, true]]), rules.policy);
        expect([asked, right, rvOf(change)]).toEqual([asked, right, expected]);
      }
    }
  },
);

test.each(CASES)("%s: keys of type %s keep their purpose", (_policy, _name, rules, kind) => {
  if (kind.material.objectClass === ck.CKO_PUBLIC_KEY) return;
  for (const right of kind.applicable) {
    const key = createKey(kind.material, templateOf([right]), origin(HPCS_POLICY));
    const stripped = changeKey(key, new Map([[right, false]]), rules.policy);
    for (const other of kind.applicable) {
      const expected =
        areApart(rules, kind, [right, other]) || !mayGain(rules, kind, [right], other)
          ? ck.CKR_FUNCTION_CANCELED
          : undefined;
      const change = () => changeKey(stripped, new Map([[other, true]]), rules.policy);
      expect([right, other, rvOf(change)]).toEqual([right, other, expected]);
    }
  }
});
