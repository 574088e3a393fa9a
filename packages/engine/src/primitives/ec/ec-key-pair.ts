/** Generation of key pairs on curves. */
import { equalBytes } from "@grep11/encoding";
import type { EcPrivateKey, EcPublicKey } from "../keys/keys.ts";
import { drawBelow } from "../keys/private-value.ts";
import type { Curve } from "./curves.ts";
import { publicPoint } from "./ec-point.ts";

/**
 * Draws a private value from `random` (FIPS 186-5, A.2.2; RFC 7748 and RFC 8032: any bytes) and computes its public key twice
 * to detect faults. This is the pairwise test that XCP_CPB_SKIP_KEYTESTS would skip (SP 800-56A r3, 5.6.2.1.4).
 */
export function generateEcKeyPair(curve: Curve, random: (length: number) => Uint8Array): EcPrivateKey & EcPublicKey {
  const anyBytes = curve.family === "edwards" || curve.family === "montgomery";
  const privateValue = anyBytes ? random(curve.privateBytes) : drawBelow(curve.order, random);
  const point = publicPoint(curve, privateValue);
  if (!equalBytes(point, publicPoint(curve, privateValue))) throw new Error("the key pair is not consistent");
  return { type: "ec", curve, privateValue, point };
}
