/**
 * The bare cryptography of each workload: one call of node:crypto with a prepared key. Keys are KeyObjects without options,
 * because key bytes or options would cost another 12 microseconds on Node 24 and so make the engine look better than it is.
 */
import * as crypto from "node:crypto";

const KIB = 1024;

/**
 * Maps the name of a workload to a function that generates its keys and returns the operation to measure. Workloads that call
 * more than one function have no entry.
 */
export const PRIMITIVES: Readonly<Record<string, () => () => unknown>> = {
  random: () => () => crypto.randomBytes(32),
  "aes-cbc": () => aesCbc(KIB),
  hmac() {
    const key = crypto.createSecretKey(crypto.randomBytes(32));
    const message = crypto.randomBytes(KIB);
    return () => crypto.createHmac("sha256", key).update(message).digest();
  },
  "ecdsa-p256": () => signDigest("P-256"),
  "ecdsa-p256-sha256": () => ecdsa("P-256", KIB),
  "ecdsa-k1": () => signDigest("secp256k1"),
  "ecdsa-k1-sha256": () => ecdsa("secp256k1", KIB),
  "verify-p256": () => verifyDigest("P-256"),
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

/** Returns a function that encrypts `length` bytes with AES-256-CBC, with a new cipher object each time. */
export function aesCbc(length: number): () => unknown {
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

/**
 * Returns a function that signs with OpenSSL's ECDSA. node:crypto always hashes its input, so this signs a 32-byte message
 * instead of a digest, and the measured time includes that hash.
 */
export function signDigest(namedCurve: string): () => unknown {
  return ecdsa(namedCurve, 32);
}

/** Like signDigest, but the function verifies a signature. */
export function verifyDigest(namedCurve: string): () => unknown {
  const { privateKey, publicKey } = crypto.generateKeyPairSync("ec", { namedCurve });
  const message = crypto.randomBytes(32);
  const signature = crypto.sign("sha256", message, privateKey);
  return () => crypto.verify("sha256", message, publicKey, signature);
}

function ecdsa(namedCurve: string, length: number): () => unknown {
  const { privateKey } = crypto.generateKeyPairSync("ec", { namedCurve });
  const message = crypto.randomBytes(length);
  return () => crypto.sign("sha256", message, privateKey);
}
