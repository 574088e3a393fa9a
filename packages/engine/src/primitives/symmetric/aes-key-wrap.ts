/** AES key wrap: KW (RFC 3394), and KWP, which adds padding (RFC 5649); both are in NIST SP 800-38F. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { concatenate } from "@grep11/encoding";
import { secretKeyObject } from "../keys/key-objects.ts";

export type KeyWrap = "kw" | "kwp";

const OPENSSL_NAMES = { kw: "wrap", kwp: "wrap-pad" } as const satisfies Record<KeyWrap, string>;

const SEMIBLOCK_BYTES = 8;

/** The standards' integrity check values: 8 bytes for KW, 4 for KWP. */
export const KEY_WRAP_IV = {
  kw: Uint8Array.of(0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6),
  kwp: Uint8Array.of(0xa6, 0x59, 0x59, 0xa6),
} as const satisfies Record<KeyWrap, Uint8Array>;

/** KW needs at least two whole semiblocks of 8 bytes, KWP at least one byte. */
export function isWrappable(kind: KeyWrap, length: number): boolean {
  return kind === "kw" ? length >= 16 && length % 8 === 0 : length > 0;
}

/** Returns the length in bytes after padding to whole semiblocks, at least two. */
export function keyWrapPaddedLength(length: number): number {
  return Math.max(2 * SEMIBLOCK_BYTES, SEMIBLOCK_BYTES * Math.ceil(length / SEMIBLOCK_BYTES));
}

/** Wrapped data is at least three whole semiblocks for KW, two for KWP. */
export function isWrapped(kind: KeyWrap, length: number): boolean {
  return length % 8 === 0 && length >= (kind === "kw" ? 24 : 16);
}

/** The length of `data` must satisfy {@link isWrappable}. */
export function keyWrap(kind: KeyWrap, kek: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const cipher = createCipheriv(openSslName(kind, kek), secretKeyObject(kek), iv);
  return concatenate(cipher.update(data), cipher.final());
}

/** Returns undefined if the integrity check fails. The length of `wrapped` must satisfy {@link isWrapped}. */
export function keyUnwrap(kind: KeyWrap, kek: Uint8Array, iv: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  const decipher = createDecipheriv(openSslName(kind, kek), secretKeyObject(kek), iv);
  try {
    return concatenate(decipher.update(wrapped), decipher.final());
  } catch {
    return undefined;
  }
}

function openSslName(kind: KeyWrap, kek: Uint8Array): string {
  return `aes${kek.length * 8}-${OPENSSL_NAMES[kind]}`;
}
