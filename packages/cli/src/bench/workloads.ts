/** Defines the workloads of benchmarks. Each generates the keys that it needs and prepares calls that can be repeated. */
import { ecParams, mechanism, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";

/** A call to the HSM that has not been made yet. */
export type PreparedCall = {
  readonly [M in keyof ck.Ep11]: { readonly method: M; readonly request: Parameters<ck.Ep11[M]>[0] };
}[keyof ck.Ep11];

export interface Workload {
  /** The name on the command line. */
  readonly name: string;
  /** The function, the mechanism and the size of the data, for tables. */
  readonly title: string;
  /** How many bytes of data a call processes, for workloads that measure throughput. */
  readonly partBytes?: number;
  /** Generates the keys and returns the calls, which are repeated in turn. Errors: those of the HSM. */
  prepare(hsm: ck.Ep11, options?: ck.CallOptions): Promise<readonly PreparedCall[]>;
}

const KIB = 1024;
const data = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(0x5a);

export const WORKLOADS: readonly Workload[] = [
  {
    name: "random",
    title: "GenerateRandom, 32 B",
    prepare: async () => [{ method: "generateRandom", request: { len: 32 } }],
  },
  {
    name: "aes-cbc",
    title: "EncryptSingle AES-256-CBC, 1 KiB",
    async prepare(hsm, options) {
      const key = await secretKey(hsm, ck.CKK_AES, { CKA_ENCRYPT: true }, options);
      const mech = mechanism.aesCbc(data(16));
      return [{ method: "encryptSingle", request: { mech, key, plain: data(KIB) } }];
    },
  },
  {
    name: "hmac",
    title: "SignSingle HMAC-SHA-256, 1 KiB",
    async prepare(hsm, options) {
      const privKey = await secretKey(hsm, ck.CKK_GENERIC_SECRET, { CKA_SIGN: true }, options);
      return [{ method: "signSingle", request: { mech: mechanism.hmac("sha256"), privKey, data: data(KIB) } }];
    },
  },
  signing("ecdsa-p256", "ECDSA P-256, digest", "P-256", mechanism.ecdsa(), 32),
  signing("ecdsa-p256-sha256", "ECDSA P-256 SHA-256, 1 KiB", "P-256", mechanism.ecdsaSignature("sha256"), KIB),
  signing("ecdsa-k1", "ECDSA secp256k1, digest", "secp256k1", mechanism.ecdsa(), 32),
  signing("ecdsa-k1-sha256", "ECDSA secp256k1 SHA-256, 1 KiB", "secp256k1", mechanism.ecdsaSignature("sha256"), KIB),
  {
    name: "verify-p256",
    title: "VerifySingle ECDSA P-256, digest",
    async prepare(hsm, options) {
      const { privKey, pubKey } = await curvePair(hsm, "P-256", options);
      const mech = mechanism.ecdsa();
      const { signature } = await hsm.signSingle({ mech, privKey, data: data(32) }, options);
      return [{ method: "verifySingle", request: { mech, pubKey, data: data(32), signature } }];
    },
  },
  signing("ed25519", "Ed25519, 1 KiB", "Ed25519", mechanism.ed25519(), KIB),
  {
    name: "rsa-2048",
    title: "SignSingle RSA-2048 PKCS #1 SHA-256, 1 KiB",
    async prepare(hsm, options) {
      const { privKey } = await rsaPair(hsm, 2048, options);
      const mech = mechanism.rsaPkcsSignature("sha256");
      return [{ method: "signSingle", request: { mech, privKey, data: data(KIB) } }];
    },
  },
  {
    name: "ec-keypair",
    title: "GenerateKeyPair EC P-256",
    prepare: async () => [{ method: "generateKeyPair", request: curvePairRequest("P-256") }],
  },
  {
    name: "wrap",
    title: "WrapKey AES-256 under AES-CBC-PAD",
    async prepare(hsm, options) {
      const { mech, kek, key } = await wrapping(hsm, options);
      return [{ method: "wrapKey", request: { mech, kek, key } }];
    },
  },
  {
    name: "unwrap",
    title: "UnwrapKey AES-256 under AES-CBC-PAD",
    async prepare(hsm, options) {
      const { mech, kek, key } = await wrapping(hsm, options);
      const { wrapped } = await hsm.wrapKey({ mech, kek, key }, options);
      const target = template({ CKA_CLASS: ck.CKO_SECRET_KEY, CKA_KEY_TYPE: ck.CKK_AES, CKA_VALUE_LEN: 32 });
      return [{ method: "unwrapKey", request: { mech, kek, wrapped, template: target } }];
    },
  },
  {
    name: "encrypt-update",
    title: "EncryptUpdate AES-256-CBC, 1 MiB",
    partBytes: KIB * KIB,
    async prepare(hsm, options) {
      const key = await secretKey(hsm, ck.CKK_AES, { CKA_ENCRYPT: true }, options);
      const { state } = await hsm.encryptInit({ mech: mechanism.aesCbc(data(16)), key }, options);
      return [{ method: "encryptUpdate", request: { state, plain: data(KIB * KIB) } }];
    },
  },
  {
    name: "mixed",
    title: "in turn: random, AES-CBC, HMAC, P-256, Ed25519, wrap",
    async prepare(hsm, options) {
      const names = ["random", "aes-cbc", "hmac", "ecdsa-p256", "ed25519", "wrap"];
      const parts = WORKLOADS.filter(({ name }) => names.includes(name));
      return (await Promise.all(parts.map((part) => part.prepare(hsm, options)))).flat();
    },
  },
];

function signing(name: string, what: string, curve: ck.CurveName, mech: ck.Mechanism, length: number): Workload {
  return {
    name,
    title: `SignSingle ${what}`,
    async prepare(hsm, options) {
      const { privKey } = await curvePair(hsm, curve, options);
      return [{ method: "signSingle", request: { mech, privKey, data: data(length) } }];
    },
  };
}

async function secretKey(
  hsm: ck.Ep11,
  keyType: number,
  rights: Parameters<typeof template>[0],
  options: ck.CallOptions | undefined,
): Promise<ck.KeyBlob> {
  const generation = keyType === ck.CKK_AES ? ck.CKM_AES_KEY_GEN : ck.CKM_GENERIC_SECRET_KEY_GEN;
  const wanted = template({ CKA_CLASS: ck.CKO_SECRET_KEY, CKA_KEY_TYPE: keyType, CKA_VALUE_LEN: 32, ...rights });
  return (await hsm.generateKey({ mech: { mechanism: generation }, template: wanted }, options)).key;
}

function curvePairRequest(curve: ck.CurveName): ck.GenerateKeyPairRequest {
  return {
    mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
    pubKeyTemplate: template({ CKA_EC_PARAMS: ecParams(curve), CKA_VERIFY: true }),
    privKeyTemplate: template({ CKA_SIGN: true }),
  };
}

function curvePair(hsm: ck.Ep11, curve: ck.CurveName, options: ck.CallOptions | undefined) {
  return hsm.generateKeyPair(curvePairRequest(curve), options);
}

function rsaPair(hsm: ck.Ep11, bits: number, options: ck.CallOptions | undefined) {
  const request = {
    mech: { mechanism: ck.CKM_RSA_PKCS_KEY_PAIR_GEN },
    pubKeyTemplate: template({
      CKA_MODULUS_BITS: bits,
      CKA_PUBLIC_EXPONENT: Uint8Array.of(1, 0, 1),
      CKA_VERIFY: true,
    }),
    privKeyTemplate: template({ CKA_SIGN: true }),
  };
  return hsm.generateKeyPair(request, options);
}

async function wrapping(hsm: ck.Ep11, options: ck.CallOptions | undefined) {
  const [kek, key] = await Promise.all([
    secretKey(hsm, ck.CKK_AES, { CKA_WRAP: true, CKA_UNWRAP: true }, options),
    secretKey(hsm, ck.CKK_AES, { CKA_EXTRACTABLE: true }, options),
  ]);
  return { mech: mechanism.aesCbcPad(data(16)), kek, key };
}
