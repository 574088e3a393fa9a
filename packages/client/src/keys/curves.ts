/** Named curves: the value of CKA_EC_PARAMS is the DER form of the curve's object identifier (behaviour of EP11 and RFC 5480). */
import { equalBytes } from "./bytes.ts";
import { DER, writeElement } from "./der.ts";

const CURVES = {
  "P-192": "1.2.840.10045.3.1.1",
  "P-224": "1.3.132.0.33",
  "P-256": "1.2.840.10045.3.1.7",
  "P-384": "1.3.132.0.34",
  "P-521": "1.3.132.0.35",
  secp256k1: "1.3.132.0.10",
  brainpoolP160r1: "1.3.36.3.3.2.8.1.1.1",
  brainpoolP160t1: "1.3.36.3.3.2.8.1.1.2",
  brainpoolP192r1: "1.3.36.3.3.2.8.1.1.3",
  brainpoolP192t1: "1.3.36.3.3.2.8.1.1.4",
  brainpoolP224r1: "1.3.36.3.3.2.8.1.1.5",
  brainpoolP224t1: "1.3.36.3.3.2.8.1.1.6",
  brainpoolP256r1: "1.3.36.3.3.2.8.1.1.7",
  brainpoolP256t1: "1.3.36.3.3.2.8.1.1.8",
  brainpoolP320r1: "1.3.36.3.3.2.8.1.1.9",
  brainpoolP320t1: "1.3.36.3.3.2.8.1.1.10",
  brainpoolP384r1: "1.3.36.3.3.2.8.1.1.11",
  brainpoolP384t1: "1.3.36.3.3.2.8.1.1.12",
  brainpoolP512r1: "1.3.36.3.3.2.8.1.1.13",
  brainpoolP512t1: "1.3.36.3.3.2.8.1.1.14",
  X25519: "1.3.101.110",
  X448: "1.3.101.111",
  Ed25519: "1.3.101.112",
  Ed448: "1.3.101.113",
  "BLS12-381": "1.3.6.1.4.1.2.267.999.3.2",
} as const satisfies Record<string, string>;

/** A curve by its usual name. */
export type CurveName = keyof typeof CURVES;

/** The names {@link ecParams} knows. */
export const curveNames: readonly CurveName[] = Object.keys(CURVES) as CurveName[];

/** The value of CKA_EC_PARAMS for `curve`: a DER OBJECT IDENTIFIER. */
export function ecParams(curve: CurveName): Uint8Array {
  return oid(CURVES[curve]);
}

/** The curve whose CKA_EC_PARAMS are `params`; undefined when unknown. */
export function curveOf(params: Uint8Array): CurveName | undefined {
  return curveNames.find((name) => equalBytes(ecParams(name), params));
}

/** `dotted`, such as "1.3.101.112", as a DER OBJECT IDENTIFIER (X.690, 8.19). */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const arcs = [first * 40 + second, ...rest];
  return writeElement(DER.oid, ...arcs.map(base128));
}

function base128(arc: number): Uint8Array {
  const digits = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift(0x80 | (rest % 128));
  return Uint8Array.from(digits);
}
