/**
 * ECDSA on secp256k1 by libsecp256k1, which is ten times as fast there as OpenSSL. It comes prebuilt for common machines;
 * elsewhere, and where it disagrees with OpenSSL, OpenSSL does the work. Its pure JavaScript twin is never loaded.
 */
import { generateKeyPairSync, hash, randomBytes, verify } from "node:crypto";
import { createRequire } from "node:module";
import { SECP256K1 } from "./curves.ts";
import { parsePrivateKey, parsePublicKey } from "./key-encodings.ts";

/** The part of the binding that is used; all lengths are checked by it. */
interface Binding {
  contextRandomize(seed: Uint8Array): void;
  ecdsaSign(digest: Uint8Array, privateKey: Uint8Array, options: { data: Uint8Array }): { signature: Uint8Array };
  /** Takes signatures with a low s only. */
  ecdsaVerify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean;
  /** Makes s low, in place. Throws for r or s out of range. */
  signatureNormalize(signature: Uint8Array): Uint8Array;
}

/** Signing and verifying of digests with keys in DER. */
export interface Secp256k1 {
  /** r ‖ s, 32 bytes each, with a low s. The nonce is that of RFC 6979, hedged by fresh randomness. */
  sign(privateKeyDer: Uint8Array, digest: Uint8Array): Uint8Array;
  /** `signature` has 64 bytes. */
  verify(publicKeyDer: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
}

const BYTES = 32;

let loaded: Secp256k1 | undefined | "not tried" = "not tried";

/** libsecp256k1, if it is there and agrees with OpenSSL; tried once per thread. */
export function libsecp256k1(): Secp256k1 | undefined {
  if (loaded === "not tried") loaded = load();
  return loaded;
}

function load(): Secp256k1 | undefined {
  try {
    const binding = createRequire(import.meta.url)("secp256k1/bindings") as Binding;
    binding.contextRandomize(randomBytes(BYTES));
    const library = over(binding);
    return agreesWithOpenSsl(library) ? library : undefined;
  } catch {
    return undefined;
  }
}

function over(binding: Binding): Secp256k1 {
  const scalars = new WeakMap<Uint8Array, Uint8Array>();
  const points = new WeakMap<Uint8Array, Uint8Array>();
  return {
    sign(privateKeyDer, digest) {
      const scalar = memoised(scalars, privateKeyDer, scalarOf);
      return binding.ecdsaSign(leftmost(digest), scalar, { data: randomBytes(BYTES) }).signature;
    },
    verify(publicKeyDer, digest, signature) {
      try {
        const normal = binding.signatureNormalize(signature.slice());
        return binding.ecdsaVerify(normal, leftmost(digest), memoised(points, publicKeyDer, pointOf));
      } catch {
        // r or s is no number below the order.
        return false;
      }
    },
  };
}

/** The leftmost 256 bits of a digest, or a shorter one as the number it is (FIPS 186-5, 6.4.1). */
function leftmost(digest: Uint8Array): Uint8Array {
  if (digest.length >= BYTES) return digest.subarray(0, BYTES);
  const padded = new Uint8Array(BYTES);
  padded.set(digest, BYTES - digest.length);
  return padded;
}

function memoised(
  known: WeakMap<Uint8Array, Uint8Array>,
  der: Uint8Array,
  read: (der: Uint8Array) => Uint8Array,
): Uint8Array {
  let value = known.get(der);
  if (value === undefined) {
    value = read(der);
    known.set(der, value);
  }
  return value;
}

function scalarOf(der: Uint8Array): Uint8Array {
  const key = parsePrivateKey(der);
  if (key.type !== "ec" || key.curve !== SECP256K1) throw new Error("not a private key on secp256k1");
  return key.privateValue;
}

function pointOf(der: Uint8Array): Uint8Array {
  const key = parsePublicKey(der);
  if (key.type !== "ec" || key.curve !== SECP256K1) throw new Error("not a public key on secp256k1");
  return key.point;
}

function agreesWithOpenSsl(library: Secp256k1): boolean {
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "secp256k1",
    privateKeyEncoding: { format: "der", type: "pkcs8" },
    publicKeyEncoding: { format: "der", type: "spki" },
  });
  const message = randomBytes(100);
  const digest = hash("sha256", message, "buffer");
  const signature = library.sign(privateKey, digest);
  privateKey.fill(0);
  const key = { key: publicKey, format: "der", type: "spki", dsaEncoding: "ieee-p1363" } as const;
  const other = hash("sha256", digest, "buffer");
  return (
    verify("sha256", message, key, signature) &&
    library.verify(publicKey, digest, signature) &&
    !library.verify(publicKey, other, signature)
  );
}
