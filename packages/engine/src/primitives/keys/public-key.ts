import { createPublicKey } from "node:crypto";
import { publicPoint } from "../ec/ec-point.ts";
import { pqcPublicKeyOf } from "../lattice/pqc-keys.ts";
import { encodePrivateKey, encodePublicKey, parsePrivateKey, parsePublicKey } from "./key-encodings.ts";
import { privateKeyObject } from "./key-objects.ts";
import type { KeyKinds, PrivateKey, PublicKey } from "./keys.ts";

/** Computes the public key if the private key does not include it. Throws EncodingError for a value out of range. */
export function publicKeyOf<T extends keyof KeyKinds>(key: KeyKinds[T]["private"] & { type: T }): KeyKinds[T]["public"];
export function publicKeyOf(key: PrivateKey): PublicKey {
  switch (key.type) {
    case "rsa":
      return { type: "rsa", modulus: key.modulus, publicExponent: key.publicExponent };
    case "ec":
      return { type: "ec", curve: key.curve, point: key.point ?? publicPoint(key.curve, key.privateValue) };
    case "dsa":
    case "dh": {
      // OpenSSL computes g^x mod p when it reads the private key.
      const object = privateKeyObject(encodePrivateKey(key));
      return parsePublicKey(new Uint8Array(createPublicKey(object).export({ format: "der", type: "spki" })));
    }
    case "pqc":
      return pqcPublicKeyOf(key);
  }
}

/** Takes a PrivateKeyInfo and returns a SubjectPublicKeyInfo in EP11's form. Throws EncodingError. */
export function publicKeyOfPrivate(pkcs8: Uint8Array): Uint8Array {
  return encodePublicKey(publicKeyOf(parsePrivateKey(pkcs8)));
}
