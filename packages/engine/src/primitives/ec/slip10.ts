/** Hierarchical keys: BIP 32 on secp256k1; SLIP-0010 on secp256k1, P-256 and Ed25519. */

import { createHmac } from "node:crypto";
import { concatenate, fromBigInt, fromNumber, toBigInt } from "@grep11/encoding";
import { mod } from "@noble/curves/abstract/modular.js";
import { type Curve, ED25519, P_256, SECP256K1 } from "./curves.ts";
import { publicPoint } from "./ec-point.ts";
import { compressedPoint, pointOf, pointsOf } from "./weierstrass-points.ts";

export interface HierarchicalScheme {
  readonly curve: Curve;
  /** The key of the HMAC that derives a master key from a seed. */
  readonly label: string;
  /** Whether to hash again when a hash is not a valid private key. BIP 32 fails instead. */
  readonly retries: boolean;
}

export const BIP32: HierarchicalScheme = { curve: SECP256K1, label: "Bitcoin seed", retries: false };

export const SLIP10: readonly HierarchicalScheme[] = [
  { curve: SECP256K1, label: "Bitcoin seed", retries: true },
  { curve: P_256, label: "Nist256p1 seed", retries: true },
  { curve: ED25519, label: "ed25519 seed", retries: true },
];

/** Children from this number on are hardened: they can be derived only from a private parent. */
export const HARDENED = 0x80000000;

/** Length in bytes of a private key, and of a chain code. */
const HALF = 32;

/** `value` is a private value or an uncompressed point. */
export interface HierarchicalKey {
  readonly value: Uint8Array;
  readonly chainCode: Uint8Array;
}

/** Returns undefined if BIP 32 defines no master key. */
export function masterKey(
  { curve, label, retries }: HierarchicalScheme,
  seed: Uint8Array,
): HierarchicalKey | undefined {
  for (let input = seed; ; ) {
    const digest = hmac(Buffer.from(label), input);
    const value = digest.slice(0, HALF);
    if (curve === ED25519 || isPrivateValue(curve, value)) return { value, chainCode: digest.slice(HALF) };
    if (!retries) return undefined;
    input = digest;
  }
}

/** Returns undefined if BIP 32 defines no such child. Ed25519 has only hardened children. */
export function privateChild(
  { curve, retries }: HierarchicalScheme,
  { value: parent, chainCode }: HierarchicalKey,
  index: number,
): HierarchicalKey | undefined {
  const number = fromNumber(index, 4);
  const first =
    index >= HARDENED
      ? concatenate(Uint8Array.of(0), parent, number)
      : concatenate(compressedPoint(publicPoint(curve, parent)), number);
  return descend(chainCode, first, number, retries, (offset) => {
    if (curve === ED25519) return offset.slice();
    if (toBigInt(offset) >= curve.order) return undefined;
    const child = fromBigInt(mod(toBigInt(offset) + toBigInt(parent), curve.order), HALF);
    return isPrivateValue(curve, child) ? child : undefined;
  });
}

/** Returns undefined if BIP 32 defines no such child. The child must be neither hardened nor on Ed25519. */
export function publicChild(
  { curve, retries }: HierarchicalScheme,
  { value: parent, chainCode }: HierarchicalKey,
  index: number,
): HierarchicalKey | undefined {
  const point = pointOf(curve, parent);
  if (point === undefined) return undefined;
  const number = fromNumber(index, 4);
  return descend(chainCode, concatenate(point.toBytes(true), number), number, retries, (offset) => {
    const scalar = toBigInt(offset);
    if (scalar >= curve.order) return undefined;
    const child = pointsOf(curve).BASE.multiplyUnsafe(scalar).add(point);
    return child.is0() ? undefined : child.toBytes(false);
  });
}

/**
 * Computes HMACs until `keyOf` accepts the left half of an HMAC. Each repetition (only in SLIP-0010) uses the right
 * half of the previous HMAC as input.
 */
function descend(
  chainCode: Uint8Array,
  first: Uint8Array,
  number: Uint8Array,
  retries: boolean,
  keyOf: (offset: Uint8Array) => Uint8Array | undefined,
): HierarchicalKey | undefined {
  for (let input = first; ; ) {
    const digest = hmac(chainCode, input);
    input.fill(0);
    const value = keyOf(digest.subarray(0, HALF));
    if (value !== undefined) return { value, chainCode: digest.slice(HALF) };
    if (!retries) return undefined;
    input = concatenate(Uint8Array.of(1), digest.subarray(HALF), number);
  }
}

function isPrivateValue(curve: Curve, value: Uint8Array): boolean {
  const number = toBigInt(value);
  return number !== 0n && number < curve.order;
}

function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return Uint8Array.from(createHmac("sha512", key).update(data).digest());
}
