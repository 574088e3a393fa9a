/** New key pairs on curves. */
import type { Curve } from "./curves.ts";
import { publicPoint } from "./ec-point.ts";
import type { EcPrivateKey, EcPublicKey } from "./keys.ts";
import { drawBelow } from "./private-value.ts";

/** A private value drawn from `random` (FIPS 186-5, A.2.2; RFC 7748 and RFC 8032: any bytes) and its public key. */
export function generateEcKeyPair(curve: Curve, random: (length: number) => Uint8Array): EcPrivateKey & EcPublicKey {
  const anyBytes = curve.family === "edwards" || curve.family === "montgomery";
  const privateValue = anyBytes ? random(curve.privateBytes) : drawBelow(curve.order, random);
  return { type: "ec", curve, privateValue, point: publicPoint(curve, privateValue) };
}
