/**
 * Measures the bare cryptography of each workload: one call of node:crypto with a prepared key.
 * - Keys are KeyObjects. Key bytes or options would cost another 12 microseconds on Node 24, and would make the engine
 *   look better than it is.
 * - On secp256k1, libsecp256k1 replaces OpenSSL if it is installed, because it is much faster.
 */
import * as crypto from "node:crypto";
import { loadLibsecp256k1 } from "./libsecp256k1.ts";

const KIB = 1024;

/**
 * Maps the name of a workload to a function that generates its keys and returns the operation to measure. Workloads
 * that need more than one function of the library have no entry.
 */
export const PRIMITIVES: Readonly<Record<string, () => () => unknown>> = {
  random: () => () => crypto.randomBytes(32),
  "aes-cbc": () => aesCbc(KIB),
  hmac() {
    const key = crypto.createSecretKey(crypto.randomBytes(32));
    const message = crypto.randomBytes(KIB);
    return () => crypto.createHmac("sha256", key).update(message).digest();
  },
  "ecdsa-p256": () => ecdsa("P-256", 32),
  "ecdsa-p256-sha256": () => ecdsa("P-256", KIB),
  "ecdsa-k1": () => loadLibsecp256k1()?.sign ?? ecdsa("secp256k1", 32),
  "ecdsa-k1-sha256"() {
    const sign = loadLibsecp256k1()?.sign;
    const message = crypto.randomBytes(KIB);
    if (sign === undefined) return ecdsa("secp256k1", KIB);
    return () => [crypto.createHash("sha256").update(message).digest(), sign()];
  },
  "verify-p256": verifyP256,
  ed25519() {
    const { privateKey } = crypto.generateKeyPairSync("ed25519");
    const message = crypto.randomBytes(KIB);
    return () => crypto.sign(null, message, privateKey);
  },
  "rsa-2048"() {
    const { privateKey } = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
    const message = crypto.randomBytes(KIB);
    return () => crypto.sign("sha256", message, privateKey);
  },
  "ec-keypair": () => () => crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }),
  wrap: () => aesCbc(32),
  unwrap: () => aesCbc(32),
  "encrypt-update": () => aesCbc(KIB * KIB),
};

/** Returns a function that encrypts `length` bytes with AES-256-CBC. It creates a new cipher object on each call. */
function aesCbc(length: number): () => unknown {
  const [key, iv, plain] = [
    crypto.createSecretKey(crypto.randomBytes(32)),
    crypto.randomBytes(16),
    crypto.randomBytes(length),
  ];
  return () => {
    const cipher = crypto.createCipheriv("aes-256-cbc", key, iv).setAutoPadding(false);
    return [cipher.update(plain), cipher.final()];
  };
}

function verifyP256(): () => unknown {
  const { privateKey, publicKey } = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
  const message = crypto.randomBytes(32);
  const signature = crypto.sign("sha256", message, privateKey);
  return () => crypto.verify("sha256", message, publicKey, signature);
}

/**
 * Returns a function that signs with OpenSSL's ECDSA. node:crypto always hashes its input, so the measured time includes the hash
 * of `length` bytes.
 */
function ecdsa(namedCurve: string, length: number): () => unknown {
  const { privateKey } = crypto.generateKeyPairSync("ec", { namedCurve });
  const message = crypto.randomBytes(length);
  return () => crypto.sign("sha256", message, privateKey);
}
