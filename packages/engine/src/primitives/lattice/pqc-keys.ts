/** Post-quantum key pairs. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { concatenate, DerReader, der, EncodingError, equalBytes } from "@grep11/encoding";
import type { PqcPrivateKey, PqcPublicKey } from "../keys/keys.ts";
import { openSslInUse } from "../openssl/crypto-backend.ts";
import * as dilithium from "./dilithium.ts";
import { DILITHIUM, type DilithiumParameters, dilithiumLengths } from "./dilithium-parameters.ts";
import { isKyberPrivateKey, KYBER, kyberKeyPair } from "./kyber.ts";
import { PQC_WRITER, pqcReader } from "./pqc-encodings.ts";
import type { DilithiumSet, KyberSet, PqcSet } from "./pqc-sets.ts";

type CompletePqcKey = PqcPrivateKey & PqcPublicKey & { readonly privateKey: Uint8Array };

/** SLH-DSA keys come from OpenSSL's own random source, all others from seeds drawn from `random`. */
export function generatePqcKeyPair(set: PqcSet, random: (length: number) => Uint8Array): CompletePqcKey {
  switch (set.algorithm) {
    case "dilithium":
      return fromDilithium(set, dilithium.dilithiumKeyPair(DILITHIUM[set.name], random(32)));
    case "kyber":
      return { type: "pqc", set, seed: undefined, ...kyberKeyPair(KYBER[set.name], random(64)) };
    case "ml-dsa":
    case "ml-kem": {
      const seed = random(set.seedBytes);
      return throughOpenSsl({ type: "pqc", set, seed, privateKey: undefined, publicKey: undefined });
    }
    case "slh-dsa":
      return fromOpenSsl(set, generateKeyPairSync(set.name).privateKey);
  }
}

/** Computes the public key if the private key does not include it. Throws {@link EncodingError} if that is impossible. */
export function pqcPublicKeyOf(key: PqcPrivateKey): PqcPublicKey {
  const publicKey = key.publicKey ?? completePqcKey(key).publicKey;
  return { type: "pqc", set: key.set, publicKey };
}

/**
 * For Dilithium and Kyber, every string of the right length is a public key. OpenSSL checks the keys of other
 * algorithms.
 */
export function isSoundPqcPublicKey(key: PqcPublicKey): boolean {
  if (key.set.algorithm === "dilithium" || key.set.algorithm === "kyber") return true;
  try {
    const spki = der.sequence(der.sequence(...PQC_WRITER.algorithm(key)), der.bitString(PQC_WRITER.publicContent(key)));
    createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
    return true;
  } catch {
    return false;
  }
}

/** Computes missing parts. Throws {@link EncodingError} if the parts are inconsistent. */
export function completePqcKey(key: PqcPrivateKey): CompletePqcKey {
  switch (key.set.algorithm) {
    case "dilithium":
      return completedDilithium(key.set, key);
    case "kyber":
      return completedKyber(key.set, key);
    default: {
      const complete = throughOpenSsl(key);
      if (key.publicKey !== undefined && !equalBytes(complete.publicKey, key.publicKey)) {
        throw new EncodingError("the public key does not belong to the private key");
      }
      return complete;
    }
  }
}

/** Splits a raw public key of Dilithium or ML-DSA. */
export function dilithiumPublicParts(publicKey: Uint8Array): dilithium.DilithiumPublicKey {
  return { rho: publicKey.subarray(0, 32), t1: publicKey.subarray(32) };
}

/** Splits a raw private key of Dilithium or ML-DSA. */
export function dilithiumSecretParts(set: DilithiumParameters, privateKey: Uint8Array): dilithium.DilithiumSecret {
  const lengths = dilithiumLengths(set);
  let offset = 0;
  const next = (part: keyof dilithium.DilithiumSecret) => {
    offset += lengths[part];
    return privateKey.subarray(offset - lengths[part], offset);
  };
  return { rho: next("rho"), seed: next("seed"), tr: next("tr"), s1: next("s1"), s2: next("s2"), t0: next("t0") };
}

function fromDilithium(set: DilithiumSet, key: dilithium.DilithiumPrivateKey): CompletePqcKey {
  const { rho, seed, tr, s1, s2, t0, t1 } = key;
  const privateKey = concatenate(rho, seed, tr, s1, s2, t0);
  return { type: "pqc", set, seed: undefined, privateKey, publicKey: concatenate(rho, t1) };
}

function completedDilithium(set: DilithiumSet, { privateKey, publicKey }: PqcPrivateKey): CompletePqcKey {
  const parameters = DILITHIUM[set.name];
  const parts = privateKey && dilithiumSecretParts(parameters, privateKey);
  const t1 = publicKey && dilithiumPublicParts(publicKey);
  const complete = parts && dilithium.completeDilithiumKey(parameters, { ...parts, ...t1 });
  if (complete === undefined) throw new EncodingError("the parts of the Dilithium key are inconsistent");
  return fromDilithium(set, complete);
}

function completedKyber(set: KyberSet, { privateKey, publicKey }: PqcPrivateKey): CompletePqcKey {
  if (privateKey === undefined || publicKey === undefined || !isKyberPrivateKey(KYBER[set.name], privateKey)) {
    throw new EncodingError("the parts of the Kyber key are inconsistent");
  }
  return { type: "pqc", set, seed: undefined, privateKey, publicKey };
}

/** OpenSSL expands seeds, and rejects expanded keys that do not match their seed. */
function throughOpenSsl(key: PqcPrivateKey): CompletePqcKey {
  const pkcs8 = der.sequence(
    der.smallInteger(0),
    der.sequence(...PQC_WRITER.algorithm(key)),
    der.octetString(PQC_WRITER.privateContent(key)),
  );
  try {
    return fromOpenSsl(key.set, createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" }));
  } catch (error) {
    throw new EncodingError("OpenSSL rejects the key", { cause: error });
  } finally {
    pkcs8.fill(0);
  }
}

/** Expands the private key with OpenSSL, because Node 26 and later export only the seed. */
function expandedKey({ privateParts: [length = 0] }: PqcSet, der: Uint8Array): Uint8Array {
  const openSsl = openSslInUse();
  if (openSsl === undefined) throw new EncodingError("node:crypto returns only the seed");
  return openSsl.rawPrivateKey(der, length);
}

function fromOpenSsl(set: PqcSet, object: KeyObject): CompletePqcKey {
  const der = new Uint8Array(object.export({ format: "der", type: "pkcs8" }));
  const info = DerReader.sequence(der);
  info.smallInteger();
  const algorithm = info.sequence();
  algorithm.oid();
  const { privateKey = expandedKey(set, der), seed } = pqcReader(set).readPrivate(algorithm, info.octetString());
  const spki = DerReader.sequence(new Uint8Array(createPublicKey(object).export({ format: "der", type: "spki" })));
  spki.sequence();
  const publicKey = spki.bitString();
  return { type: "pqc", set, privateKey, seed, publicKey };
}
