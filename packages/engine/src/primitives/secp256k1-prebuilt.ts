/**
 * libsecp256k1 of npm's `secp256k1`, prebuilt for some machines. It is a library of 2019, half as slow again as today's.
 * Its pure JavaScript twin is never loaded.
 */
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import type { Secp256k1Library } from "./libsecp256k1.ts";

/** The part of the binding that is used; all lengths are checked by it. */
interface Binding {
  contextRandomize(seed: Uint8Array): void;
  ecdsaSign(digest: Uint8Array, privateKey: Uint8Array, options: { data: Uint8Array }): { signature: Uint8Array };
  /** Takes signatures with a low s only. */
  ecdsaVerify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean;
  /** Makes s low, in place. Throws for r or s out of range. */
  signatureNormalize(signature: Uint8Array): Uint8Array;
  privateKeyVerify(privateKey: Uint8Array): boolean;
  publicKeyCreate(privateKey: Uint8Array, compressed: boolean): Uint8Array;
  /** Throws for what is no point. */
  publicKeyConvert(publicKey: Uint8Array, compressed: boolean): Uint8Array;
}

/** Loads it, untested. Throws an Error where there is none for the machine. */
export function loadPrebuiltSecp256k1(): Secp256k1Library {
  const binding = createRequire(import.meta.url)("secp256k1/bindings") as Binding;
  binding.contextRandomize(randomBytes(32));
  return {
    sign: (digest, scalar, extra) => binding.ecdsaSign(digest, scalar, { data: extra }).signature,
    verify(signature, digest, key) {
      const normal = signature.slice();
      try {
        binding.signatureNormalize(normal);
      } catch {
        return false;
      }
      return binding.ecdsaVerify(normal, digest, key);
    },
    publicKey: (point) => binding.publicKeyConvert(point, false),
    publicPoint: (scalar) => (binding.privateKeyVerify(scalar) ? binding.publicKeyCreate(scalar, false) : undefined),
  };
}
