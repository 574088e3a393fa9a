/** Measures the engine without a server, and the cryptography it uses. Each method measures first one and then the other. */
import { createCipheriv, createHash, createSecretKey, randomBytes } from "node:crypto";
import { ecParams, mechanism, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { createEngine, Keyring, LiveKeyring } from "@grep11/engine";
import { WORKLOADS } from "grep11";
import { serveParent } from "../child.ts";
import { costOf, costOfCalls } from "../cost.ts";
import { loadLibsecp256k1 } from "../libsecp256k1.ts";
import { PRIMITIVES, signDigest, verifyDigest } from "../primitives.ts";
import { call } from "../wire-calls.ts";

const keyring = new LiveKeyring(Keyring.create(randomBytes));
const engine = createEngine({ keyring });
const uncached = createEngine({ keyring, keyCache: false });
const libsecp256k1 = loadLibsecp256k1();
const MIB = 1 << 20;

const handlers = {
  /** Measures one workload in microseconds of processor time per call, for the engine and for the primitive alone. */
  async workload({ name, seconds }: { name: string; seconds: number }) {
    const workload = WORKLOADS.find((candidate) => candidate.name === name)!;
    const calls = await workload.prepare(engine);
    let next = 0;
    const engineUs = await costOfCalls(() => call(engine, calls[next++ % calls.length]!), seconds);
    const primitive = PRIMITIVES[name]?.();
    return { engineUs, primitiveUs: primitive && costOf(primitive, seconds) };
  },

  /**
   * Measures raw ECDSA on `curve` in microseconds. The engine is compared with OpenSSL, or on secp256k1 with libsecp256k1 if it
   * is installed.
   */
  async ecdsa({ curve, verify, seconds }: { curve: ck.CurveName; verify: boolean; seconds: number }) {
    const { privKey, pubKey } = await engine.generateKeyPair({
      mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
      pubKeyTemplate: template({ CKA_EC_PARAMS: ecParams(curve), CKA_VERIFY: true }),
      privKeyTemplate: template({ CKA_SIGN: true }),
    });
    const mech = mechanism.ecdsa();
    const data = new Uint8Array(randomBytes(32));
    const { signature } = await engine.signSingle({ mech, privKey, data });
    const engineUs = verify
      ? await costOfCalls(() => engine.verifySingle({ mech, pubKey, data, signature }), seconds)
      : await costOfCalls(() => engine.signSingle({ mech, privKey, data }), seconds);
    const library = curve === "secp256k1" ? libsecp256k1?.[verify ? "verify" : "sign"] : undefined;
    const openSsl = verify ? verifyDigest(curve) : signDigest(curve);
    return {
      engineUs,
      yardstickUs: costOf(library ?? openSsl, seconds),
      library: library === undefined ? ("OpenSSL" as const) : ("libsecp256k1" as const),
    };
  },

  /**
   * Measures EncryptSingle of one AES block in microseconds: with a cached key, with a key that must be opened first, and the
   * cipher alone.
   */
  async keyOpening({ seconds }: { seconds: number }) {
    const key = await aesKey(engine);
    const [value, plain, mech] = [createSecretKey(randomBytes(32)), new Uint8Array(16), mechanism.aesEcb()];
    return {
      cachedUs: await costOfCalls(() => engine.encryptSingle({ mech, key, plain }), seconds),
      uncachedUs: await costOfCalls(() => uncached.encryptSingle({ mech, key, plain }), seconds),
      cipherUs: costOf(() => createCipheriv("aes-256-ecb", value, null).setAutoPadding(false).update(plain), seconds),
    };
  },

  /** Measures a message of `count` parts of 1 MiB with EncryptUpdate (AES-256-CBC) or DigestUpdate (SHA-256). */
  async parts({ operation, count }: { operation: "encrypt" | "digest"; count: number }) {
    const part = new Uint8Array(randomBytes(MIB));
    const step = operation === "encrypt" ? encryptUpdate(part) : digestUpdate(part);
    let state = await step.begin();
    const costs: number[] = [];
    const sizes: number[] = [];
    for (let index = 0; index < count; index++) {
      sizes.push(state.length);
      const usage = process.cpuUsage();
      state = await step.update(state);
      const { user, system } = process.cpuUsage(usage);
      costs.push(user + system);
    }
    return { costs, sizes, primitiveUs: costOf(step.primitive, 0.05) };
  },
};
export type InProcessProgram = typeof handlers;
serveParent(handlers);

function encryptUpdate(plain: Uint8Array) {
  const [value, iv] = [createSecretKey(randomBytes(32)), new Uint8Array(16)];
  return {
    begin: async () => (await engine.encryptInit({ mech: mechanism.aesCbc(iv), key: await aesKey(engine) })).state,
    update: async (state: Uint8Array) => (await engine.encryptUpdate({ state, plain })).state,
    primitive: () => createCipheriv("aes-256-cbc", value, iv).update(plain),
  };
}

function digestUpdate(data: Uint8Array) {
  return {
    begin: async () => (await engine.digestInit({ mech: mechanism.digest("sha256") })).state,
    update: async (state: Uint8Array) => (await engine.digestUpdate({ state, data })).state,
    primitive: () => createHash("sha256").update(data).digest(),
  };
}

async function aesKey(hsm: ck.Ep11): Promise<ck.KeyBlob> {
  const wanted = { CKA_CLASS: ck.CKO_SECRET_KEY, CKA_KEY_TYPE: ck.CKK_AES, CKA_VALUE_LEN: 32, CKA_ENCRYPT: true };
  return (await hsm.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template: template(wanted) })).key;
}
