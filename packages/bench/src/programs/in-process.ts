/** Measures the engine without a server, and compares it with direct calls of the cryptographic library. */
import * as crypto from "node:crypto";
import { ecParams, mechanism, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { createEngine, Keyring, LiveKeyring } from "@grep11/engine";
import { serveParent } from "../child.ts";
import { costOf, costOfCalls } from "../cost.ts";
import { loadLibsecp256k1 } from "../libsecp256k1.ts";
import { MULTI_PART, type MultiPartName } from "../multi-part.ts";
import { openSslYardstick } from "../openssl-yardstick.ts";
import { PRIMITIVES } from "../primitives.ts";
import { call } from "../wire-calls.ts";
import { workloadOf } from "../workloads.ts";

const keyring = new LiveKeyring(Keyring.create(crypto.randomBytes));
const engine = createEngine({ keyring });
const uncached = createEngine({ keyring, keyCache: false });
const libsecp256k1 = loadLibsecp256k1();
const MIB = 1 << 20;

/** A key to sign with: the name of a curve, or the size of an RSA key in bits. */
export type SigningKey = ck.CurveName | 2048 | 3072;

const handlers = {
  /**
   * Measures a workload in the engine, and its primitive alone. Both results are microseconds of processor time per
   * call.
   */
  async workload({ name, seconds }: { name: string; seconds: number }) {
    const engineUs = await costOfWorkload(name, seconds);
    const primitive = PRIMITIVES[name]?.();
    return { engineUs, primitiveUs: primitive && costOf(primitive, seconds) };
  },

  /**
   * Measures how many microseconds signing or verifying a digest takes. The engine is compared with OpenSSL. On
   * secp256k1, it is compared with libsecp256k1 if that is installed.
   */
  async signing({ key, verify, seconds }: { key: SigningKey; verify: boolean; seconds: number }) {
    const { privKey, pubKey } = await engine.generateKeyPair(keyPair(key));
    const mech = typeof key === "number" ? mechanism.rsaPkcs() : mechanism.ecdsa();
    const data = new Uint8Array(crypto.randomBytes(32));
    const { signature } = await engine.signSingle({ mech, privKey, data });
    const operation = verify ? ("verify" as const) : ("sign" as const);
    const engineUs = verify
      ? await costOfCalls(() => engine.verifySingle({ mech, pubKey, data, signature }), seconds)
      : await costOfCalls(() => engine.signSingle({ mech, privKey, data }), seconds);
    const library = key === "secp256k1" ? libsecp256k1?.[operation] : undefined;
    return {
      engineUs,
      yardstickUs: costOf(library ?? openSsl(key, data)[operation], seconds),
      library: library === undefined ? ("OpenSSL" as const) : ("libsecp256k1" as const),
    };
  },

  /**
   * Measures single calls of the engine, and the functions of node:crypto that EngineCosts compares them with, in
   * microseconds.
   */
  async engine({ seconds }: { seconds: number }) {
    const key = await aesKey();
    const bytes = crypto.randomBytes(32);
    const [value, plain, mech] = [crypto.createSecretKey(bytes), new Uint8Array(16), mechanism.aesEcb()];
    const curve = crypto.createECDH("prime256v1");
    return {
      seenKey: await costOfCalls(() => engine.encryptSingle({ mech, key, plain }), seconds),
      newKey: await costOfCalls(() => uncached.encryptSingle({ mech, key, plain }), seconds),
      cipher: costOf(
        () => crypto.createCipheriv("aes-256-ecb", value, null).setAutoPadding(false).update(plain),
        seconds,
      ),
      keyImport: costOf(() => crypto.createSecretKey(bytes), seconds),
      keyPair: await costOfWorkload("ec-keypair", seconds),
      multiplication: costOf(() => curve.generateKeys(), seconds),
      unwrap: await costOfWorkload("unwrap", seconds),
    };
  },

  /**
   * Measures how many microseconds an operation on 1 KiB takes as one call, as Init and one call, and as one Update.
   */
  async multiPart({ name, seconds }: { name: MultiPartName; seconds: number }) {
    const { single, split, update, primitive } = await MULTI_PART[name](engine);
    return {
      single: await costOfCalls(single, seconds),
      split: await costOfCalls(split, seconds),
      update: await costOfCalls(update, seconds),
      primitive: costOf(primitive, seconds),
    };
  },

  /** Encrypts (AES-256-CBC) or digests (SHA-256) a message of `count` parts of 1 MiB, and measures each Update. */
  async parts({ operation, count }: { operation: "encrypt" | "digest"; count: number }) {
    const part = new Uint8Array(crypto.randomBytes(MIB));
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

async function costOfWorkload(name: string, seconds: number): Promise<number> {
  const calls = await workloadOf(name).prepare(engine);
  let next = 0;
  return costOfCalls(() => call(engine, calls[next++ % calls.length]!), seconds);
}

function keyPair(key: SigningKey): ck.GenerateKeyPairRequest {
  const isRsa = typeof key === "number";
  const parameters = isRsa
    ? { CKA_MODULUS_BITS: key, CKA_PUBLIC_EXPONENT: Uint8Array.of(1, 0, 1) }
    : { CKA_EC_PARAMS: ecParams(key) };
  return {
    mech: { mechanism: isRsa ? ck.CKM_RSA_PKCS_KEY_PAIR_GEN : ck.CKM_EC_KEY_PAIR_GEN },
    pubKeyTemplate: template({ ...parameters, CKA_VERIFY: true }),
    privKeyTemplate: template({ CKA_SIGN: true }),
  };
}

function openSsl(key: SigningKey, digest: Uint8Array): ReturnType<typeof openSslYardstick> {
  const { privateKey, publicKey } =
    typeof key === "number"
      ? crypto.generateKeyPairSync("rsa", { modulusLength: key })
      : crypto.generateKeyPairSync("ec", { namedCurve: key });
  const pkcs8 = privateKey.export({ type: "pkcs8", format: "der" });
  return openSslYardstick(pkcs8, publicKey.export({ type: "spki", format: "der" }), digest);
}

function encryptUpdate(plain: Uint8Array) {
  const [value, iv] = [crypto.createSecretKey(crypto.randomBytes(32)), new Uint8Array(16)];
  return {
    begin: async () => (await engine.encryptInit({ mech: mechanism.aesCbc(iv), key: await aesKey() })).state,
    update: async (state: Uint8Array) => (await engine.encryptUpdate({ state, plain })).state,
    primitive: () => crypto.createCipheriv("aes-256-cbc", value, iv).update(plain),
  };
}

function digestUpdate(data: Uint8Array) {
  return {
    begin: async () => (await engine.digestInit({ mech: mechanism.digest("sha256") })).state,
    update: async (state: Uint8Array) => (await engine.digestUpdate({ state, data })).state,
    primitive: () => crypto.createHash("sha256").update(data).digest(),
  };
}

async function aesKey(): Promise<ck.KeyBlob> {
  const wanted = { CKA_CLASS: ck.CKO_SECRET_KEY, CKA_KEY_TYPE: ck.CKK_AES, CKA_VALUE_LEN: 32, CKA_ENCRYPT: true };
  return (await engine.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template: template(wanted) })).key;
}
