/**
 * Makes the model's calls on the engine, with real keys that have the rights of the model's blobs. The file is long because
 * it contains each call.
 */
import * as ck from "@grep11/cryptoki";
import { openKey, sealKey } from "../../src/blobs/key-blob.ts";
import { openPublicKey, sealPublicKey } from "../../src/blobs/spki-blob.ts";
import type { Engine } from "../../src/engine.ts";
import { changeTrust } from "../../src/functions/trust.ts";
import { BOOLEAN_BITS } from "../../src/objects/booleans.ts";
import { impliedUid, type Key, NO_SESSION } from "../../src/objects/key.ts";
import { spkiOf } from "../../src/objects/key-properties.ts";
import { HPCS_POLICY, type Policy } from "../../src/objects/policy/policy.ts";
import { SECP256K1 } from "../../src/primitives/ec/curves.ts";
import { generateEcKeyPair } from "../../src/primitives/ec/ec-point.ts";
import { encodePrivateKey } from "../../src/primitives/keys/key-encodings.ts";
import { generateRsaKeyPair } from "../../src/primitives/rsa/rsa.ts";
import { testEngine } from "../engine.ts";
import { counting, keyringOf, MASTER_KEY, repeatableRandom } from "../sealing.ts";
import { wire } from "../wire.ts";
import type { Wish } from "./facts.ts";
import { BOUND, LOCAL, MODELLED, RIGHTS, S, TRUSTED, U, V, W, WWT, X } from "./modelled-booleans.ts";
import type { Attempt } from "./moves.ts";
import { applicableRights, type Blob, CLASSES, type Half, KEY_TYPES, type Kind } from "./rules.ts";

const keyring = keyringOf(MASTER_KEY);
const random = repeatableRandom();
const hpcs = testEngine({ policy: HPCS_POLICY, failuresPerMinute: false });

const ec = generateEcKeyPair(SECP256K1, random);
const rsa = generateRsaKeyPair(3072, 65537);
/** All values have 128 bits of strength, so that each key may wrap the others. */
const SECRETS: Readonly<Record<Kind, Uint8Array>> = {
  AES: counting(16, 0x40),
  generic: counting(16, 0x60),
  RSA: rsa.pkcs8,
  EC: encodePrivateKey(ec),
};

function keyOf({ kind, half, booleans, everSet, fromPassword }: Blob): Key {
  const objectClass = CLASSES[half];
  const mechanism = fromPassword ? ck.CKM_PKCS5_PBKD2 : ck.CKM_AES_KEY_GEN;
  const made = (booleans & LOCAL) !== 0 && half !== "public";
  const own = {
    objectClass: CLASSES[half === "secret" ? "secret" : "private"],
    keyType: KEY_TYPES[kind],
    value: SECRETS[kind],
  };
  const material = { ...own, objectClass, value: half === "public" ? spkiOf(own) : own.value };
  return {
    ...material,
    booleans,
    everSet: (everSet | booleans) >>> 0,
    uid: impliedUid(material),
    session: NO_SESSION,
    attributes: made ? new Map([[ck.CKA_KEY_GEN_MECHANISM, mechanism]]) : new Map(),
  };
}

function sealed(blob: Blob): Uint8Array {
  const key = keyOf(blob);
  return blob.half === "public" ? sealPublicKey(MASTER_KEY, key, random) : sealKey(MASTER_KEY, key, random);
}

function opened(blob: Uint8Array): Key {
  return blob[0] === 0x30 ? openPublicKey(keyring, blob).key : openKey(keyring, blob);
}

/** Returns every boolean that a template may have, with its value in `word`. */
const bits = (word: number): [number, boolean][] =>
  Array.from(BOOLEAN_BITS)
    .filter(([, each]) => (each & (RIGHTS | X | WWT | BOUND)) !== 0)
    .map(([attribute, each]) => [attribute, (word & each) !== 0]);

/** Makes the template of a key with the attributes of a {@link Wish} that apply to its object class. */
function templateOf(kind: Kind, half: Half, { rights, leaving, bound }: Wish): Map<number, ck.AttributeValue> {
  const asked = bits((rights & applicableRights(kind, half)) | leaving | (bound ? BOUND : 0));
  const template = new Map<number, ck.AttributeValue>(asked);
  if (half !== "public") return template.set(ck.CKA_KEY_TYPE, KEY_TYPES[kind]);
  for (const [attribute, each] of BOOLEAN_BITS) if ((each & (X | WWT)) !== 0) template.delete(attribute);
  return template;
}

const secretTemplate = (kind: Kind, wish: Wish, length = 16) =>
  templateOf(kind, "secret", wish).set(ck.CKA_VALUE_LEN, length);

function mechanismFor(kek: Blob) {
  if ((kek.booleans & BOUND) !== 0) return { mechanism: ck.CKM_IBM_ATTRIBUTEBOUND_WRAP };
  if (kek.kind === "RSA") {
    return { mechanism: ck.CKM_RSA_AES_KEY_WRAP, parameter: wire(128, ck.CKM_SHA256, ck.CKG_MGF1_SHA256, 0) };
  }
  if (kek.kind === "EC") return { mechanism: ck.CKM_ECDH_AES_KEY_WRAP, parameter: wire(128, ck.CKD_SHA256_KDF, 0) };
  return { mechanism: ck.CKM_AES_KEY_WRAP_KWP };
}

/** The public KEM key for hybrid key exchanges. */
const kemKey = (async () => {
  const right = new Map([[ck.CKA_DERIVE, true]]);
  const mech = { mechanism: ck.CKM_IBM_KYBER };
  return (await hpcs.generateKeyPair({ mech, pubKeyTemplate: right, privKeyTemplate: right })).pubKey;
})();

const plainKey: Blob = { kind: "AES", half: "secret", booleans: 0, everSet: 0, fromPassword: false };
const MAC_KEY = sealed({ ...plainKey, kind: "generic", booleans: S | V | BOUND | LOCAL });

/**
 * Makes the call of the model's attempt with the engine. Returns the opened keys of the new blobs, or the CKR_* if the
 * engine refuses the call. Returns undefined for calls that only the model makes.
 */
export async function replay(policy: Policy, attempt: Attempt): Promise<readonly Key[] | number | undefined> {
  const engine = testEngine({ policy, failuresPerMinute: false, keyCache: false });
  try {
    const blobs = await call(engine, attempt);
    return blobs?.map(opened);
  } catch (error) {
    if (error instanceof ck.CkError) return error.rv;
    throw error;
  }
}

async function call(engine: Engine, attempt: Attempt): Promise<readonly Uint8Array[] | undefined> {
  const { blob, kek, kind, wish } = attempt;
  switch (attempt.call) {
    case "generate":
      return generate(engine, kind!, wish!);
    case "generate from password": {
      const parameter = wire(ck.CKP_PKCS5_PBKD2_HMAC_SHA256, 1000, 8, 4, new Uint8Array(8), new Uint8Array(4));
      const template = secretTemplate("AES", wish!);
      const { key } = await engine.generateKey({ mech: { mechanism: ck.CKM_PKCS5_PBKD2, parameter }, template });
      return [ck.sealedBytes(key)];
    }
    case "change": {
      const set = (blob!.booleans & attempt.bit!) === 0;
      const changed = Array.from(BOOLEAN_BITS).filter(([, each]) => (each & attempt.bit!) !== 0);
      const attributes = new Map(changed.map(([attribute]) => [attribute, set]));
      return [(await engine.setAttributeValue({ object: sealed(blob!), attributes })).object];
    }
    case "trust":
      return [changeTrust(keyring, sealed(blob!), { trusted: true, imported: false }, random)];
    case "public half": {
      const attributes = [ck.CKA_IBM_MACED_PUBLIC_KEY_INFO];
      const response = await engine.getAttributeValue({ object: sealed(blob!), attributes });
      return [response.attributes.get(ck.CKA_IBM_MACED_PUBLIC_KEY_INFO) as Uint8Array];
    }
    case "import public key": {
      const pub = keyOf({ ...plainKey, kind: kind!, half: "public" });
      const template = templateOf(kind!, "public", { rights: W, leaving: 0, bound: false });
      const request = {
        mech: { mechanism: ck.CKM_IBM_TRANSPORTKEY },
        wrapped: pub.value,
        kek: new Uint8Array(0),
        template,
      };
      return [ck.sealedBytes((await engine.unwrapKey(request)).unwrapped)];
    }
    case "agree":
    case "derive":
    case "child":
    case "mix":
      return derive(engine, attempt);
    case "wrap": {
      const mech = mechanismFor(kek ?? { ...plainKey, kind: "RSA", half: "public" });
      const bare = keyOf({ ...plainKey, kind: "RSA", half: "public" }).value;
      const request = { mech, key: sealed(blob!), kek: kek === undefined ? bare : sealed(kek), macKey: MAC_KEY };
      await engine.wrapKey(request);
      return [];
    }
    case "unwrap":
      return unwrap(engine, attempt);
    case "use":
      return use(engine, blob!);
    default:
      return undefined;
  }
}

async function generate(engine: Engine, kind: Kind, wish: Wish): Promise<readonly Uint8Array[]> {
  if (wish.publicRights === undefined) {
    const mech = { mechanism: ck.CKM_AES_KEY_GEN };
    const { key } = await engine.generateKey({ mech, template: secretTemplate("AES", wish) });
    return [ck.sealedBytes(key)];
  }
  const pub = templateOf(kind, "public", { ...wish, rights: wish.publicRights, leaving: 0 });
  const parameter: [number, ck.AttributeValue] =
    kind === "RSA" ? [ck.CKA_MODULUS_BITS, 2048] : [ck.CKA_EC_PARAMS, SECP256K1.oid];
  for (const always of [V, applicableRights(kind, "public") & ~W]) {
    for (const [attribute, each] of BOOLEAN_BITS) if ((each & always) !== 0) pub.delete(attribute);
  }
  const { privKey, pubKey } = await engine.generateKeyPair({
    mech: { mechanism: kind === "RSA" ? ck.CKM_RSA_PKCS_KEY_PAIR_GEN : ck.CKM_EC_KEY_PAIR_GEN },
    pubKeyTemplate: pub.set(...parameter),
    privKeyTemplate: templateOf(kind, "private", wish),
  });
  return [ck.sealedBytes(privKey), ck.sealedBytes(pubKey)];
}

async function derive(engine: Engine, { call, blob, wish }: Attempt): Promise<readonly Uint8Array[]> {
  const baseKey = sealed(blob!);
  const none = new Uint8Array(0);
  if (call === "agree") {
    const publicData = keyOf({ ...plainKey, kind: "EC", half: "public" }).value;
    const parameter = { type: "ECDH1DeriveParm", kdf: ck.CKD_NULL, sharedData: none, publicData } as const;
    const mech = { mechanism: ck.CKM_ECDH1_DERIVE, parameter };
    return [ck.sealedBytes((await engine.deriveKey({ mech, baseKey, template: secretTemplate("AES", wish!) })).newKey)];
  }
  if (call === "derive") {
    const mech = { mechanism: ck.CKM_SHA256_KEY_DERIVATION };
    return [ck.sealedBytes((await engine.deriveKey({ mech, baseKey, template: secretTemplate("AES", wish!) })).newKey)];
  }
  if (call === "mix") {
    const mixed = { kdf: ck.CKD_NULL, prepend: true, cipherText: none, sharedData: none, blob: baseKey };
    const parameter = { type: "KyberKEMParm", version: 0, mode: 1, ...mixed } as const;
    const mech = { mechanism: ck.CKM_IBM_KYBER, parameter };
    // The key contains the shared secret, followed by the bytes of the other key.
    const template = secretTemplate("generic", wish!, 32 + 16);
    return [ck.sealedBytes((await engine.deriveKey({ mech, baseKey: await kemKey, template })).newKey)];
  }
  const chainCode = new Uint8Array(32);
  const parameter = {
    type: "BTCDeriveParm",
    deriveType: ck.CK_IBM_BTC_BIP0032_PRV2PRV,
    version: 1,
    childKeyIndex: 0,
    chainCode,
  } as const;
  const template = templateOf("EC", "private", wish!);
  if (!wish!.bound) template.delete(ck.CKA_IBM_ATTRBOUND);
  return [
    ck.sealedBytes(
      (await engine.deriveKey({ mech: { mechanism: ck.CKM_IBM_BTC_DERIVE, parameter }, baseKey, template })).newKey,
    ),
  ];
}

/** Has an engine whose policy allows every key to leave wrap a key, and unwraps it with the engine under test. */
async function unwrap(engine: Engine, { blob, kek, kind, half, wish }: Attempt): Promise<readonly Uint8Array[]> {
  const target = blob ?? { ...plainKey, kind: kind!, half: half!, booleans: X };
  const under = kek ?? { ...plainKey, booleans: W | U | BOUND | LOCAL };
  const wrapping = {
    ...under,
    half: under.half === "private" ? ("public" as const) : under.half,
    booleans: W | (under.booleans & BOUND),
  };
  const mech = mechanismFor(under);
  const careless = { ...target, booleans: target.booleans & ~(blob === undefined ? WWT : 0) };
  const trusting = { ...wrapping, booleans: wrapping.booleans | TRUSTED };
  const { wrapped } = await hpcs.wrapKey({ mech, key: sealed(careless), kek: sealed(trusting), macKey: MAC_KEY });
  const template =
    wish === undefined
      ? new Map([[ck.CKA_KEY_TYPE, KEY_TYPES[target.kind]]])
      : templateOf(target.kind, target.half, wish);
  return [
    ck.sealedBytes(
      (await engine.unwrapKey({ mech, wrapped, kek: sealed(under), macKey: MAC_KEY, template })).unwrapped,
    ),
  ];
}

/** Tests whether the key may decrypt what was wrapped with it. Only the rights matter, not the resulting bytes. */
async function use(engine: Engine, blob: Blob): Promise<readonly Uint8Array[]> {
  const wish = { rights: 0, leaving: 0, bound: (blob.booleans & BOUND) !== 0 };
  if (blob.kind === "EC") {
    await derive(engine, { call: "agree", blob, wish, allowed: true, results: [] });
    return [];
  }
  const oaep = { mechanism: ck.CKM_RSA_PKCS_OAEP, parameter: wire(ck.CKM_SHA256, ck.CKG_MGF1_SHA256, 0) };
  const mech = blob.kind === "RSA" ? oaep : { mechanism: ck.CKM_AES_ECB };
  try {
    await engine.decryptSingle({ mech, key: sealed(blob), ciphered: new Uint8Array(blob.kind === "RSA" ? 384 : 16) });
  } catch (error) {
    const rights = [ck.CKR_FUNCTION_CANCELED, ck.CKR_KEY_FUNCTION_NOT_PERMITTED];
    if (error instanceof ck.CkError && !rights.includes(error.rv)) return [];
    throw error;
  }
  return [];
}

/** Describes a key as the model does: by its booleans, and by its history if the policy considers it. */
export function inModel(
  { booleans, everSet }: Pick<Blob, "booleans" | "everSet">,
  history: boolean,
): readonly number[] {
  const word = booleans & MODELLED;
  return history ? [word, (everSet | booleans) & RIGHTS] : [word];
}
