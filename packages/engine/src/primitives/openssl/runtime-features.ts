/**
 * Features that some supported runtimes lack. They are tested, because builds of Node differ in their OpenSSL.
 *
 * | feature | since |
 * |---|---|
 * | ML-KEM, ML-DSA, SLH-DSA | Node 24.8 with OpenSSL 3.5; ML-KEM and ML-DSA from Node 26 on only where OpenSSL can be called directly |
 * | implicit rejection in RSA PKCS #1 v1.5 decryption | OpenSSL 3.2 |
 */
import { generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";
import { generatePqcKeyPair } from "../lattice/pqc-keys.ts";
import { type PqcSet, pqcSet } from "../lattice/pqc-sets.ts";
import { rejectsImplicitly } from "../rsa/rsa.ts";
import { decapsulate, encapsulate } from "./node-crypto.ts";

export type RuntimeFeature = "ml-kem" | "ml-dsa" | "slh-dsa" | "implicit-rejection";

const TESTS: Readonly<Record<RuntimeFeature, () => boolean>> = {
  "ml-kem": () => encapsulate !== undefined && decapsulate !== undefined && makesKeys("ml-kem-512"),
  "ml-dsa": () => makesKeys("ml-dsa-44") && bindsContext(),
  // Node added contexts for SLH-DSA and ML-DSA at the same time. The test uses ML-DSA, which is much faster.
  "slh-dsa": () => runtimeHas("ml-dsa") && makesKeys("slh-dsa-sha2-128f"),
  "implicit-rejection": rejectsImplicitly,
};

function makesKeys(name: PqcSet["name"]): boolean {
  const { set, publicKey } = generatePqcKeyPair(pqcSet(name), randomBytes);
  return publicKey.length === set.publicParts[0];
}

/** Whether signatures depend on the context. Versions of node:crypto without the option ignore it. */
function bindsContext(): boolean {
  const { privateKey, publicKey } = generateKeyPairSync("ml-dsa-44");
  const message = new Uint8Array(1);
  const signature = sign(null, message, { key: privateKey, context: Uint8Array.of(1) });
  const verifies = (context: Uint8Array) => verify(null, message, { key: publicKey, context }, signature);
  return verifies(Uint8Array.of(1)) && !verifies(Uint8Array.of(2)) && !verifies(new Uint8Array(0));
}

const known = new Map<RuntimeFeature, boolean>();

/** The feature is tested at the first call. */
export function runtimeHas(feature: RuntimeFeature): boolean {
  let has = known.get(feature);
  if (has === undefined) {
    has = succeeds(TESTS[feature]);
    known.set(feature, has);
  }
  return has;
}

function succeeds(test: () => boolean): boolean {
  try {
    return test();
  } catch {
    return false;
  }
}
