/** Uses every function of every mechanism once with valid arguments, for tests that cover all of them. */
import { dhPublicValueOf, ecParams, mechanism, publicPointOf, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { type MechanismExpectation, mechanismOf, offers } from "./expectations/expectation.ts";
import type { KeyFixtures, KeyPair } from "./key-fixtures.ts";
import { decryption, digestion, encryption, signing, verification } from "./operations.ts";
import { ALL_RIGHTS, DSA_PARAMETERS } from "./sample-keys.ts";

const NOTHING = new Uint8Array(0);
const AES_16 = template({ CKA_CLASS: ck.CKO_SECRET_KEY, CKA_KEY_TYPE: ck.CKK_AES, CKA_VALUE_LEN: 16 });
/** Attributes that some mechanisms need to generate a key, and that the others ignore. */
const ANY_SECRET = template({ CKA_VALUE_LEN: 32, CKA_PRIME_BITS: 1024 });

/** The flags (CKF_*) of the functions that take a mechanism. */
export const FUNCTION_FLAGS: readonly number[] = [
  ck.CKF_ENCRYPT,
  ck.CKF_DECRYPT,
  ck.CKF_DIGEST,
  ck.CKF_SIGN,
  ck.CKF_VERIFY,
  ck.CKF_GENERATE,
  ck.CKF_GENERATE_KEY_PAIR,
  ck.CKF_WRAP,
  ck.CKF_UNWRAP,
  ck.CKF_DERIVE,
];

/**
 * Uses each function of the mechanism once, with keys of the fixtures. Returns the flags (CKF_*) of these functions. Errors:
 * those of the calls.
 */
export async function exercise(ep11: ck.Ep11, keys: KeyFixtures, row: MechanismExpectation): Promise<number> {
  const kind = row.keys[0];
  const pair = kind === undefined ? { privateKey: NOTHING, publicKey: NOTHING } : await keys.key(kind);
  const uses: readonly (readonly [number, () => Promise<unknown>])[] = [
    [ck.CKF_DIGEST, () => digestion(ep11, mechanismOf(row)).single(dataFor(row))],
    [ck.CKF_ENCRYPT | ck.CKF_DECRYPT, () => encryptAndDecrypt(ep11, row, pair)],
    [ck.CKF_SIGN | ck.CKF_VERIFY, () => signAndVerify(ep11, row, pair)],
    [ck.CKF_GENERATE, () => ep11.generateKey({ mech: mechanismOf(row), template: ANY_SECRET })],
    [ck.CKF_GENERATE_KEY_PAIR, () => generatePair(ep11, keys, row)],
    [ck.CKF_WRAP | ck.CKF_UNWRAP, () => wrapAndUnwrap(ep11, keys, row, pair)],
    [ck.CKF_DERIVE, () => derive(ep11, keys, row, pair)],
  ];
  let used = 0;
  for (const [flags, use] of uses) {
    // Cards report CKF_DERIVE for CKM_GENERIC_SECRET_KEY_GEN, although this mechanism cannot derive keys.
    if (!offers(row, flags) || (flags === ck.CKF_DERIVE && offers(row, ck.CKF_GENERATE))) continue;
    await use();
    used |= flags & row.flags;
  }
  return used;
}

function dataFor(row: MechanismExpectation): Uint8Array {
  return new Uint8Array(row.data.at(-1)!).fill(0x61);
}

async function encryptAndDecrypt(
  ep11: ck.Ep11,
  row: MechanismExpectation,
  { privateKey, publicKey }: KeyPair,
): Promise<void> {
  const ciphered = await encryption(ep11, mechanismOf(row), publicKey).single(dataFor(row));
  await decryption(ep11, mechanismOf(row), privateKey).single(ciphered);
}

async function signAndVerify(
  ep11: ck.Ep11,
  row: MechanismExpectation,
  { privateKey, publicKey }: KeyPair,
): Promise<void> {
  if (row.mechanism === ck.CKM_IBM_EC_AGGREGATE) return aggregateSignatures(ep11, privateKey, publicKey);
  const signature = await signing(ep11, mechanismOf(row), privateKey).single(dataFor(row));
  await verification(ep11, mechanismOf(row), publicKey, signature).single(dataFor(row));
}

async function aggregateSignatures(ep11: ck.Ep11, privateKey: Uint8Array, publicKey: Uint8Array): Promise<void> {
  const message = new Uint8Array(9);
  const signature = await signing(ep11, mechanism.bls(), privateKey).single(message);
  const mech = mechanism.aggregateSignatures([signature]);
  const sum = await ep11.signSingle({ mech, privKey: NOTHING, data: NOTHING });
  await verification(ep11, mechanism.bls(), publicKey, sum.signature).single(message);
}

const CURVES: ReadonlyMap<number, Parameters<typeof ecParams>[0]> = new Map([
  [ck.CKM_EC_EDWARDS_KEY_PAIR_GEN, "Ed25519"],
  [ck.CKM_EC_MONTGOMERY_KEY_PAIR_GEN, "X25519"],
]);

async function generatePair(ep11: ck.Ep11, keys: KeyFixtures, row: MechanismExpectation): Promise<void> {
  // Diffie-Hellman key pairs need domain parameters, which the fixtures generate first.
  if (row.mechanism === ck.CKM_DH_PKCS_KEY_PAIR_GEN) return void (await keys.key("DH-2048"));
  const pubKeyTemplate = template({
    CKA_MODULUS_BITS: 1024,
    CKA_EC_PARAMS: ecParams(CURVES.get(row.mechanism) ?? "P-256"),
    CKA_IBM_STRUCT_PARAMS: DSA_PARAMETERS,
    // Selects the third parameter set of ML-DSA, ML-KEM or SLH-DSA.
    CKA_PARAMETER_SET: 3,
  });
  await ep11.generateKeyPair({ mech: { mechanism: row.mechanism }, pubKeyTemplate, privKeyTemplate: new Map() });
}

async function wrapAndUnwrap(
  ep11: ck.Ep11,
  keys: KeyFixtures,
  row: MechanismExpectation,
  pair: KeyPair,
): Promise<void> {
  if (row.mechanism === ck.CKM_IBM_TRANSPORTKEY) return importPublic(ep11, await keys.key("RSA-2048"));
  const bound = row.mechanism === ck.CKM_IBM_ATTRIBUTEBOUND_WRAP;
  const generate = async () => {
    const mech = { mechanism: ck.CKM_AES_KEY_GEN };
    const wanted = new Map([...ALL_RIGHTS, ...AES_16, [ck.CKA_IBM_ATTRBOUND, bound] as const]);
    return ck.sealedBytes((await ep11.generateKey({ mech, template: wanted })).key);
  };
  const key = await generate();
  const [wrapper, unwrapper] = bound ? [await generate()] : [pair.publicKey, pair.privateKey];
  const macKey = bound ? { macKey: await generate() } : {};
  const mech = mechanismOf(row);
  const { wrapped } = await ep11.wrapKey({ mech, key, kek: wrapper!, ...macKey });
  await ep11.unwrapKey({ mech, kek: unwrapper ?? wrapper!, wrapped, template: AES_16, ...macKey });
}

async function importPublic(ep11: ck.Ep11, { publicKey }: KeyPair): Promise<void> {
  const mech = { mechanism: ck.CKM_IBM_TRANSPORTKEY };
  await ep11.unwrapKey({ mech, wrapped: publicKey.subarray(0, -128), template: template({ CKA_VERIFY: true }) });
}

async function derive(ep11: ck.Ep11, keys: KeyFixtures, row: MechanismExpectation, pair: KeyPair): Promise<void> {
  switch (row.mechanism) {
    case ck.CKM_IBM_KYBER:
    case ck.CKM_IBM_ML_KEM:
    case ck.CKM_ML_KEM:
      return encapsulateAndDecapsulate(ep11, row, pair);
    case ck.CKM_IBM_EC_AGGREGATE: {
      const mech = mechanism.aggregatePublicKeys([(await keys.key("BLS12-381")).publicKey]);
      return void (await ep11.deriveKey({ mech, baseKey: NOTHING, template: new Map() }));
    }
    case ck.CKM_IBM_BTC_DERIVE:
    case ck.CKM_IBM_ETH_DERIVE:
    case ck.CKM_PUB_KEY_FROM_PRIV_KEY:
      return void (await ep11.deriveKey({ mech: mechanismOf(row), baseKey: pair.privateKey, template: new Map() }));
    default:
      await ep11.deriveKey({ mech: mechanismWithPeer(row, pair), baseKey: pair.privateKey, template: AES_16 });
  }
}

/** Returns the mechanism with its parameter, which for a key agreement is the public value of `peer`. */
export function mechanismWithPeer(row: MechanismExpectation, peer: KeyPair): ck.Mechanism {
  if (row.parameter !== undefined || peer.privateKey === peer.publicKey) return mechanismOf(row);
  const isDh = row.mechanism === ck.CKM_DH_PKCS_DERIVE;
  return { mechanism: row.mechanism, parameter: (isDh ? dhPublicValueOf : publicPointOf)(peer.publicKey) };
}

async function encapsulateAndDecapsulate(
  ep11: ck.Ep11,
  { mechanism: number }: MechanismExpectation,
  pair: KeyPair,
): Promise<void> {
  const kem = number === ck.CKM_IBM_KYBER ? "kyber" : "ml-kem";
  const sent = { ...mechanism.encapsulate({ kem }), mechanism: number };
  const { checkSum } = await ep11.deriveKey({ mech: sent, baseKey: pair.publicKey, template: AES_16 });
  const ciphertext = mechanism.kemCiphertext(checkSum);
  const received = { ...mechanism.decapsulate({ kem, ciphertext }), mechanism: number };
  await ep11.deriveKey({ mech: received, baseKey: pair.privateKey, template: AES_16 });
}
