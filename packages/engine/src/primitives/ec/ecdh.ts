/** Elliptic-curve Diffie-Hellman (SP 800-56A r3, 5.7.1.2; RFC 7748, 6). All Weierstrass curves here have cofactor 1. */
import { diffieHellman } from "node:crypto";
import { encodePublicKey } from "../keys/key-encodings.ts";
import { privateKeyObject, publicKeyObject } from "../keys/key-objects.ts";
import type { Curve } from "./curves.ts";

/**
 * Returns the shared secret: the x coordinate, as long as a field element, or the 32 or 56 bytes of X25519 and X448. `point`
 * is the peer's, uncompressed or raw. Returns undefined if it is not on the curve, or if the result is zero, as for points of
 * low order.
 */
export function agreeOnCurve(curve: Curve, pkcs8: Uint8Array, point: Uint8Array): Uint8Array | undefined {
  const privateKey = privateKeyObject(pkcs8);
  try {
    const publicKey = publicKeyObject(encodePublicKey({ type: "ec", curve, point }));
    const secret = new Uint8Array(diffieHellman({ privateKey, publicKey }));
    return curve.family === "montgomery" && secret.every((byte) => byte === 0) ? undefined : secret;
  } catch {
    return undefined;
  }
}
