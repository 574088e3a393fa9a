/**
 * Encodes header blocks (RFC 7541). Fields that many calls repeat are put into the dynamic table. Secrets never are.
 */
import { requireSendableField } from "../fields.ts";
import { DEFAULT_TABLE_BYTES, DynamicTable, ENTRY_OVERHEAD } from "./dynamic-table.ts";
import { STATIC_ENTRIES, STATIC_TABLE } from "./static-table.ts";

/** Fields whose values are the same in many calls. Only they are put into the dynamic table. */
const REPEATED: ReadonlySet<string> = new Set([
  ":authority",
  ":path",
  ":method",
  ":scheme",
  ":status",
  "accept",
  "accept-encoding",
  "access-control-allow-origin",
  "access-control-expose-headers",
  "connect-accept-encoding",
  "connect-protocol-version",
  "content-encoding",
  "content-type",
  "grpc-accept-encoding",
  "grpc-encoding",
  "grpc-status",
  "te",
  "user-agent",
  "vary",
]);
/** Secret fields, which must not be put into a dynamic table, not even by a proxy (RFC 7541, section 7.1.3). */
const SECRET: ReadonlySet<string> = new Set(["authorization", "cookie", "proxy-authorization", "set-cookie"]);

const INDEXED = 0x80;
const WITH_INDEXING = 0x40;
const NEVER_INDEXED = 0x10;
const WITHOUT_INDEXING = 0x00;

/**
 * Maps each name in the static table to the index of its first entry, and to the indices of all its entries by value.
 */
const STATIC_NAMES = new Map<string, { readonly index: number; readonly values: Map<string, number> }>();
for (let index = 1; index <= STATIC_ENTRIES; index++) {
  const name = STATIC_TABLE[2 * index - 2]!;
  const known = STATIC_NAMES.get(name) ?? { index, values: new Map<string, number>() };
  STATIC_NAMES.set(name, known);
  known.values.set(STATIC_TABLE[2 * index - 1]!, index);
}

/** The encoder of one connection, with its dynamic table. */
export class HpackEncoder {
  /**
   * Maps a field's name and value to the number of its entry in the dynamic table. Entries are numbered in the order in
   * which they were added.
   */
  readonly #entries = new Map<string, Map<string, number>>();
  readonly #table = new DynamicTable((name, value) => this.#forget(name, value));
  /**
   * The smallest size in bytes that the table has had since the last block. The next block must announce it before the
   * current size (section 4.2).
   */
  #smallest: number | undefined;

  /** Applies a change of the peer's SETTINGS_HEADER_TABLE_SIZE. The table never becomes larger than the default size. */
  limitTable(maxSize: number): void {
    const size = Math.min(maxSize, DEFAULT_TABLE_BYTES);
    if (size === this.#table.maxSize) return;
    this.#smallest = Math.min(size, this.#smallest ?? size);
    this.#table.resize(size);
  }

  /**
   * Encodes `fields`, in which names and values alternate. Each character of a value represents one byte. The result is
   * only valid until the next call to any encoder. Throws TypeError for a field that HTTP forbids, in which case
   * nothing may be sent.
   */
  encode(fields: readonly string[]): EncodedBlock {
    const to = block;
    to.length = 0;
    if (this.#smallest !== undefined) this.#announceSize(to);
    try {
      for (let at = 0; at < fields.length; at += 2) this.#field(fields[at]!, fields[at + 1]!, to);
    } catch (error) {
      this.#empty();
      throw error;
    }
    return to;
  }

  /**
   * Empties our table now, and the peer's table with the next block. This is needed after a block that was not sent,
   * because the peer's table lacks the entries of that block.
   */
  #empty(): void {
    const { maxSize } = this.#table;
    this.#table.resize(0);
    this.#table.resize(maxSize);
    this.#smallest = 0;
  }

  #announceSize(to: Block): void {
    const size = this.#table.maxSize;
    if (this.#smallest !== size) writeInteger(to, this.#smallest!, 0x20, 0x1f);
    writeInteger(to, size, 0x20, 0x1f);
    this.#smallest = undefined;
  }

  #field(name: string, value: string, to: Block): void {
    const fixed = STATIC_NAMES.get(name);
    const whole = fixed?.values.get(value);
    if (whole !== undefined) {
      writeInteger(to, whole, INDEXED, 0x7f);
      return;
    }
    const repeated = REPEATED.has(name);
    if (repeated) {
      const entry = this.#entries.get(name)?.get(value);
      if (entry !== undefined) {
        writeInteger(to, STATIC_ENTRIES + this.#table.added - entry, INDEXED, 0x7f);
        return;
      }
    }
    requireSendableField(name, value);
    const indexing = repeated && name.length + value.length + ENTRY_OVERHEAD <= this.#table.maxSize;
    if (indexing) writeInteger(to, fixed?.index ?? 0, WITH_INDEXING, 0x3f);
    else writeInteger(to, fixed?.index ?? 0, SECRET.has(name) ? NEVER_INDEXED : WITHOUT_INDEXING, 0x0f);
    if (fixed === undefined) writeString(to, name);
    writeString(to, value);
    if (indexing) this.#remember(name, value);
  }

  #remember(name: string, value: string): void {
    let values = this.#entries.get(name);
    if (values === undefined) {
      values = new Map();
      this.#entries.set(name, values);
    }
    values.set(value, this.#table.added);
    this.#table.add(name, value);
  }

  #forget(name: string, value: string): void {
    const values = this.#entries.get(name);
    values?.delete(value);
    if (values?.size === 0) this.#entries.delete(name);
  }
}

/** An encoded header block. It consists of the first `length` bytes of `bytes`. */
export interface EncodedBlock {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** A buffer that grows as bytes are written to it. */
class Block implements EncodedBlock {
  bytes = new Uint8Array(512);
  length = 0;

  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = new Uint8Array(2 * (this.length + more));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/** The buffer that all encoders share. Each call of `encode` overwrites it. */
const block = new Block();

/** The maximum length in bytes of an encoded integer, which is the length of a string or the size of a table. */
const MAX_INTEGER_BYTES = 6;

/**
 * Writes an integer that begins in the bits of `mask`. `flags` are the other bits of the first byte (RFC 7541, section
 * 5.1).
 */
function writeInteger(to: Block, value: number, flags: number, mask: number): void {
  to.reserve(MAX_INTEGER_BYTES);
  const { bytes } = to;
  if (value < mask) {
    bytes[to.length++] = flags | value;
    return;
  }
  bytes[to.length++] = flags | mask;
  let rest = value - mask;
  for (; rest >= 0x80; rest >>>= 7) bytes[to.length++] = (rest & 0x7f) | 0x80;
  bytes[to.length++] = rest;
}

function writeString(to: Block, text: string): void {
  writeInteger(to, text.length, 0x00, 0x7f);
  to.reserve(text.length);
  const { bytes } = to;
  let end = to.length;
  for (let at = 0; at < text.length; at++) {
    bytes[end++] = text.charCodeAt(at);
  }
  to.length = end;
}
