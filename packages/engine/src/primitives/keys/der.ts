/**
 * DER (X.690, 10): a strict reader for untrusted bytes and a writer, for the few types that keys are made of. The reader
 * takes definite minimal lengths, minimal non-negative integers and whole octets only, and every value must end where its
 * container ends.
 */

/** Bytes that are not the encoding they should be. Says where the structure broke, never what the bytes were. */
export class EncodingError extends Error {
  override readonly name = "EncodingError";
}

const TAG_INTEGER = 0x02;
const TAG_BIT_STRING = 0x03;
const TAG_OCTET_STRING = 0x04;
const TAG_NULL = 0x05;
const TAG_OID = 0x06;
const TAG_PRINTABLE_STRING = 0x13;
const TAG_SEQUENCE = 0x30;
const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

/** Longest length field the reader takes: three octets say 16 MiB, and no key is longer. */
const MAX_LENGTH_OCTETS = 3;

/** Reads the elements of one DER value, in order. Every method throws {@link EncodingError}. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  /** Reads the elements that `bytes` holds one after the other. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The bytes that have not been read yet. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#offset);
  }

  /** The content of `bytes`, which must be one SEQUENCE and nothing else. */
  static sequence(bytes: Uint8Array): DerReader {
    const outer = new DerReader(bytes);
    const inner = outer.sequence();
    outer.end();
    return inner;
  }

  /** Throws unless everything was read. */
  end(): void {
    if (this.#offset !== this.#bytes.length) throw new EncodingError("DER: bytes behind the last element");
  }

  /** Is nothing left? */
  get atEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  /** The tag of the next element; undefined at the end. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#offset];
  }

  /** Is the next element an INTEGER? */
  get nextIsInteger(): boolean {
    return this.nextTag === TAG_INTEGER;
  }

  /** Is the next element an OBJECT IDENTIFIER? */
  get nextIsOid(): boolean {
    return this.nextTag === TAG_OID;
  }

  /** Is the next element a SEQUENCE? */
  get nextIsSequence(): boolean {
    return this.nextTag === TAG_SEQUENCE;
  }

  sequence(): DerReader {
    return new DerReader(this.#read(TAG_SEQUENCE));
  }

  /** The magnitude of a non-negative INTEGER, big-endian, without leading zeros; zero is one zero byte. */
  integer(): Uint8Array {
    const content = this.#read(TAG_INTEGER);
    const [first, second] = content;
    if (first === undefined || first >= 0x80) throw new EncodingError("DER: INTEGER is empty or negative");
    if (first === 0 && second !== undefined) {
      if (second < 0x80) throw new EncodingError("DER: INTEGER is not minimal");
      return content.subarray(1);
    }
    return content;
  }

  /** An INTEGER from 0 to 127, such as a version. */
  smallInteger(): number {
    const magnitude = this.integer();
    if (magnitude.length > 1) throw new EncodingError("DER: INTEGER is too large");
    return magnitude[0] ?? 0;
  }

  octetString(): Uint8Array {
    return this.#read(TAG_OCTET_STRING);
  }

  /** A BIT STRING of whole octets. */
  bitString(): Uint8Array {
    return wholeOctets(this.#read(TAG_BIT_STRING));
  }

  /** An OBJECT IDENTIFIER as its complete DER, tag and length included. */
  oid(): Uint8Array {
    const start = this.#offset;
    const content = this.#read(TAG_OID);
    const last = content.at(-1);
    if (last === undefined || last >= 0x80) throw new EncodingError("DER: OBJECT IDENTIFIER is cut off");
    return this.#bytes.subarray(start, this.#offset);
  }

  /** The text of a PrintableString. */
  printableString(): string {
    return Buffer.from(this.#read(TAG_PRINTABLE_STRING)).toString("latin1");
  }

  null(): void {
    if (this.#read(TAG_NULL).length !== 0) throw new EncodingError("DER: NULL is not empty");
  }

  /** The content of `[number]` EXPLICIT; undefined if the next element is something else. */
  explicit(number: number): DerReader | undefined {
    const tag = CONTEXT | CONSTRUCTED | number;
    return this.nextTag === tag ? new DerReader(this.#read(tag)) : undefined;
  }

  /** The content octets of `[number]` IMPLICIT over a primitive type; undefined if the next element is something else. */
  implicit(number: number): Uint8Array | undefined {
    const tag = CONTEXT | number;
    return this.nextTag === tag ? this.#read(tag) : undefined;
  }

  /** As {@link implicit}, over a BIT STRING of whole octets. */
  implicitBitString(number: number): Uint8Array | undefined {
    const content = this.implicit(number);
    return content === undefined ? undefined : wholeOctets(content);
  }

  #read(tag: number): Uint8Array {
    const header = readHeader(this.#bytes, this.#offset);
    if (header.tag !== tag) throw new EncodingError("DER: an element of another type was expected");
    this.#offset = header.end;
    return this.#bytes.subarray(header.start, header.end);
  }
}

function wholeOctets(content: Uint8Array): Uint8Array {
  if (content[0] !== 0) throw new EncodingError("DER: BIT STRING is not made of whole octets");
  return content.subarray(1);
}

function readHeader(bytes: Uint8Array, offset: number): { tag: number; start: number; end: number } {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) throw new EncodingError("DER: an element is missing");
  if ((tag & 0x1f) === 0x1f) throw new EncodingError("DER: tags above 30 are not used");
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
  if (start + length > bytes.length) throw new EncodingError("DER: an element is cut off");
  return { tag, start, end: start + length };
}

/**
 * The length in bytes, header included, of the SEQUENCE that `bytes` begins with; more may follow it. Throws
 * {@link EncodingError} if there is no complete SEQUENCE.
 */
export function readSequenceLength(bytes: Uint8Array): number {
  const header = readHeader(bytes, 0);
  if (header.tag !== TAG_SEQUENCE) throw new EncodingError("DER: a SEQUENCE was expected");
  return header.end;
}

/** The DER of NULL. */
export const NULL: Uint8Array = Uint8Array.of(TAG_NULL, 0);

export function sequence(...elements: readonly Uint8Array[]): Uint8Array {
  return element(TAG_SEQUENCE, ...elements);
}

/** INTEGER of a big-endian magnitude, which may have leading zeros. */
export function integer(magnitude: Uint8Array): Uint8Array {
  const first = magnitude.findIndex((byte) => byte !== 0);
  if (first < 0) return Uint8Array.of(TAG_INTEGER, 1, 0);
  const minimal = magnitude.subarray(first);
  return minimal[0]! < 0x80 ? element(TAG_INTEGER, minimal) : element(TAG_INTEGER, Uint8Array.of(0), minimal);
}

/** INTEGER from 0 to 127. */
export function smallInteger(value: number): Uint8Array {
  return Uint8Array.of(TAG_INTEGER, 1, value);
}

export function octetString(content: Uint8Array): Uint8Array {
  return element(TAG_OCTET_STRING, content);
}

/** BIT STRING of whole octets. */
export function bitString(octets: Uint8Array): Uint8Array {
  return element(TAG_BIT_STRING, Uint8Array.of(0), octets);
}

/** `[number]` EXPLICIT around `elements`. */
export function explicit(number: number, ...elements: readonly Uint8Array[]): Uint8Array {
  return element(CONTEXT | CONSTRUCTED | number, ...elements);
}

/** `[number]` IMPLICIT over a primitive type with these content octets. */
export function implicit(number: number, content: Uint8Array): Uint8Array {
  return element(CONTEXT | number, content);
}

/** The DER, tag and length included, of an OBJECT IDENTIFIER in dotted form, such as "1.2.840.10045.2.1". */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return element(TAG_OID, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(arc: number): number[] {
  const digits = [arc % 128];
  for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128)) digits.unshift(0x80 | (high % 128));
  return digits;
}

function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const content of contents) length += content.length;
  const octets = lengthOctets(length);
  const der = new Uint8Array(2 + octets + length);
  der[0] = tag;
  der[1] = octets === 0 ? length : 0x80 | octets;
  for (let i = octets, rest = length; i > 0; i--, rest = Math.floor(rest / 256)) der[1 + i] = rest % 256;
  let offset = 2 + octets;
  for (const content of contents) {
    der.set(content, offset);
    offset += content.length;
  }
  return der;
}

/** How many octets say `length` behind the first one, which says all lengths below 128 (X.690, 8.1.3). */
function lengthOctets(length: number): number {
  let octets = 0;
  if (length >= 0x80) for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets++;
  return octets;
}
