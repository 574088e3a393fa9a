/** Writes DER (X.690, 10). Each function returns one complete element: tag, length and content. */
import { concatenate } from "./bytes.ts";
import * as tags from "./der-tags.ts";
import { fromNumber } from "./numbers.ts";

export { SEQUENCE as SEQUENCE_TAG } from "./der-tags.ts";

/** The complete DER of NULL. */
export const NULL: Uint8Array = Uint8Array.of(tags.NULL, 0);

export function sequence(...elements: readonly Uint8Array[]): Uint8Array {
  return element(tags.SEQUENCE, ...elements);
}

/** Encodes a big-endian magnitude, which may have leading zeros, as an INTEGER. */
export function integer(magnitude: Uint8Array): Uint8Array {
  const first = magnitude.findIndex((byte) => byte !== 0);
  if (first < 0) return Uint8Array.of(tags.INTEGER, 1, 0);
  const minimal = magnitude.subarray(first);
  return minimal[0]! < 0x80 ? element(tags.INTEGER, minimal) : element(tags.INTEGER, Uint8Array.of(0), minimal);
}

/** Encodes a number from 0 to 127 as an INTEGER. */
export function smallInteger(value: number): Uint8Array {
  return Uint8Array.of(tags.INTEGER, 1, value);
}

export function octetString(content: Uint8Array): Uint8Array {
  return element(tags.OCTET_STRING, content);
}

/** Encodes octets as a BIT STRING without unused bits. */
export function bitString(octets: Uint8Array): Uint8Array {
  return element(tags.BIT_STRING, Uint8Array.of(0), octets);
}

/** Encodes `elements` as `[number]` EXPLICIT. */
export function explicit(number: number, ...elements: readonly Uint8Array[]): Uint8Array {
  return element(tags.CONTEXT | tags.CONSTRUCTED | number, ...elements);
}

/** Encodes `content` as `[number]` IMPLICIT of a primitive type. */
export function implicit(number: number, content: Uint8Array): Uint8Array {
  return element(tags.CONTEXT | number, content);
}

/** Encodes an OBJECT IDENTIFIER in dotted notation, such as "1.2.840.10045.2.1". */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return element(tags.OBJECT_IDENTIFIER, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(arc: number): number[] {
  const digits = [arc % 128];
  for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128)) digits.unshift(0x80 | (high % 128));
  return digits;
}

function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, content) => sum + content.length, 0);
  // The length takes one octet if it is below 128, and otherwise the long form (X.690, 8.1.3).
  const octets = length < 0x80 ? [] : fromNumber(length, Math.ceil((32 - Math.clz32(length)) / 8));
  const header = Uint8Array.of(tag, octets.length === 0 ? length : 0x80 | octets.length, ...octets);
  return concatenate(header, ...contents);
}
