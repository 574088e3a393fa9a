/**
 * A strict DER (X.690, 10) reader for untrusted bytes. It accepts only definite and minimal lengths, minimal non-negative
 * integers, and BIT STRINGs whose length is a multiple of 8 bits. The methods return views of the input, not copies.
 */
import * as tags from "./der-tags.ts";
import { EncodingError } from "./encoding-error.ts";

/** How many octets a length may have. Three octets allow 16 MiB, and no key is longer than that. */
const MAX_LENGTH_OCTETS = 3;

/** Reads consecutive DER elements. Every method throws {@link EncodingError} if the next element is not what it expects. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  /** Starts at the beginning of `bytes`, which may contain any number of elements. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Returns a reader for the content of `bytes`, which must be exactly one SEQUENCE. */
  static sequence(bytes: Uint8Array): DerReader {
    const outer = new DerReader(bytes);
    const inner = outer.sequence();
    outer.end();
    return inner;
  }

  /** Returns the bytes that have not been read yet. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#offset);
  }

  /** Throws unless everything has been read. */
  end(): void {
    if (!this.atEnd) throw new EncodingError("DER: bytes after the last element");
  }

  get atEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  /** The tag of the next element; undefined if everything has been read. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#offset];
  }

  get nextIsInteger(): boolean {
    return this.nextTag === tags.INTEGER;
  }

  get nextIsOid(): boolean {
    return this.nextTag === tags.OBJECT_IDENTIFIER;
  }

  get nextIsSequence(): boolean {
    return this.nextTag === tags.SEQUENCE;
  }

  /** Reads a SEQUENCE. Returns a reader for its content. */
  sequence(): DerReader {
    return new DerReader(this.#read(tags.SEQUENCE));
  }

  /** Reads a non-negative INTEGER. Returns its magnitude: big-endian, without leading zeros; one zero byte for zero. */
  integer(): Uint8Array {
    const content = this.#read(tags.INTEGER);
    const [first, second] = content;
    if (first === undefined || first >= 0x80) throw new EncodingError("DER: INTEGER is empty or negative");
    if (first === 0 && second !== undefined) {
      if (second < 0x80) throw new EncodingError("DER: INTEGER is not minimal");
      return content.subarray(1);
    }
    return content;
  }

  /** Reads an INTEGER from 0 to 127, such as a version. */
  smallInteger(): number {
    const magnitude = this.integer();
    if (magnitude.length > 1) throw new EncodingError("DER: INTEGER is too large");
    return magnitude[0] ?? 0;
  }

  /** Reads an OCTET STRING and returns its content. */
  octetString(): Uint8Array {
    return this.#read(tags.OCTET_STRING);
  }

  /** Reads a BIT STRING without unused bits and returns its octets. */
  bitString(): Uint8Array {
    return wholeOctets(this.#read(tags.BIT_STRING));
  }

  /** Reads an OBJECT IDENTIFIER. Returns its complete DER, including tag and length. */
  oid(): Uint8Array {
    const start = this.#offset;
    const content = this.#read(tags.OBJECT_IDENTIFIER);
    const last = content.at(-1);
    if (last === undefined || last >= 0x80) throw new EncodingError("DER: OBJECT IDENTIFIER is truncated");
    return this.#bytes.subarray(start, this.#offset);
  }

  /** Reads a PrintableString and returns its text. */
  printableString(): string {
    let text = "";
    for (const byte of this.#read(tags.PRINTABLE_STRING)) text += String.fromCharCode(byte);
    return text;
  }

  null(): void {
    if (this.#read(tags.NULL).length !== 0) throw new EncodingError("DER: NULL is not empty");
  }

  /** Reads `[number]` EXPLICIT. Returns a reader for its content, or undefined if the next element is something else. */
  explicit(number: number): DerReader | undefined {
    const tag = tags.CONTEXT | tags.CONSTRUCTED | number;
    return this.nextTag === tag ? new DerReader(this.#read(tag)) : undefined;
  }

  /** Reads `[number]` IMPLICIT of a primitive type. Returns its content, or undefined if the next element is something else. */
  implicit(number: number): Uint8Array | undefined {
    const tag = tags.CONTEXT | number;
    return this.nextTag === tag ? this.#read(tag) : undefined;
  }

  /**
   * Reads a `[number]` IMPLICIT BIT STRING without unused bits. Returns its octets, or undefined if the next element is something
   * else.
   */
  implicitBitString(number: number): Uint8Array | undefined {
    const content = this.implicit(number);
    return content === undefined ? undefined : wholeOctets(content);
  }

  #read(tag: number): Uint8Array {
    const header = readHeader(this.#bytes, this.#offset);
    if (header.tag !== tag) throw new EncodingError("DER: unexpected tag");
    this.#offset = header.end;
    return this.#bytes.subarray(header.start, header.end);
  }
}

/**
 * Returns the length in bytes, including the header, of the SEQUENCE at the beginning of `bytes`. Further bytes may follow it.
 * Throws {@link EncodingError} if there is no complete SEQUENCE.
 */
export function readSequenceLength(bytes: Uint8Array): number {
  const header = readHeader(bytes, 0);
  if (header.tag !== tags.SEQUENCE) throw new EncodingError("DER: not a SEQUENCE");
  return header.end;
}

function wholeOctets(content: Uint8Array): Uint8Array {
  if (content[0] !== 0) throw new EncodingError("DER: BIT STRING has unused bits");
  return content.subarray(1);
}

function readHeader(bytes: Uint8Array, offset: number): { tag: number; start: number; end: number } {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) throw new EncodingError("DER: an element is missing");
  if ((tag & 0x1f) === 0x1f) throw new EncodingError("DER: tag above 30");
  let length = first;
  let start = offset + 2;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets === 0 || octets > MAX_LENGTH_OCTETS) throw new EncodingError("DER: length is indefinite or too long");
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + (bytes[start + i] ?? 0);
    start += octets;
    if (length < 0x80 || length < 256 ** (octets - 1)) throw new EncodingError("DER: length is not minimal");
  }
  if (start + length > bytes.length) throw new EncodingError("DER: an element is truncated");
  return { tag, start, end: start + length };
}
