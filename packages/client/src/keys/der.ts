/** As much DER (X.690) as keys and signatures need: read one element, write one element. */
import * as ck from "@grep11/cryptoki";
import { concatBytes } from "./bytes.ts";

/** DER tags of this file's readers. */
export const DER = { integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, sequence: 0x30 } as const;

/** One element: its tag, its content, and all of its bytes. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly bytes: Uint8Array;
}

/**
 * The first element of `bytes`; what follows it is left alone.
 * Errors: CKR_ARGUMENTS_BAD for a truncated element or a length over 4 bytes.
 */
export function readElement(bytes: Uint8Array): DerElement {
  const tag = bytes[0];
  const first = bytes[1];
  if (tag === undefined || first === undefined) throw ck.CkError.argumentsBad("the DER element is truncated");
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthBytes > 4) throw ck.CkError.argumentsBad("the DER length is not definite");
  let length = lengthBytes === 0 ? first : 0;
  for (let i = 0; i < lengthBytes; i++) length = length * 256 + (bytes[2 + i] ?? 0);
  const start = 2 + lengthBytes;
  if (start + length > bytes.length) throw ck.CkError.argumentsBad("the DER element is truncated");
  return { tag, content: bytes.subarray(start, start + length), bytes: bytes.subarray(0, start + length) };
}

/**
 * All elements of `content`, the inside of a constructed element.
 * Errors: CKR_ARGUMENTS_BAD.
 */
export function readElements(content: Uint8Array): DerElement[] {
  const elements: DerElement[] = [];
  for (let rest = content; rest.length > 0; ) {
    const element = readElement(rest);
    elements.push(element);
    rest = rest.subarray(element.bytes.length);
  }
  return elements;
}

/** Errors: CKR_ARGUMENTS_BAD when `element` is missing or has another tag. */
export function requireElement(element: DerElement | undefined, tag: number, what: string): DerElement {
  if (element?.tag !== tag) throw ck.CkError.argumentsBad(`${what} is not where the structure has it`);
  return element;
}

/** The element with `tag` around the joined `contents`. */
export function writeElement(tag: number, ...contents: Uint8Array[]): Uint8Array {
  const content = concatBytes(contents);
  const length: number[] = [];
  if (content.length < 0x80) length.push(content.length);
  else {
    for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
    length.unshift(0x80 | length.length);
  }
  return concatBytes([Uint8Array.of(tag, ...length), content]);
}
