/** Decodes header blocks (RFC 7541). The size of a decoded header list is limited. */
import { isCleanName, isCleanValue } from "../characters.ts";
import { type ConnectionError, compressionError } from "../errors.ts";
import { DEFAULT_TABLE_BYTES, DynamicTable, ENTRY_OVERHEAD } from "./dynamic-table.ts";
import { huffmanDecode } from "./huffman.ts";
import { STATIC_ENTRIES, STATIC_TABLE } from "./static-table.ts";

/** The limits of a decoded header block. */
export interface HeaderListBounds {
  /** The maximum size in bytes (RFC 9113, section 6.5.2). Names and values count, and 32 more bytes for each field. */
  readonly maxBytes: number;
  readonly maxFields: number;
}

/** A decoded header block. */
export interface HeaderList {
  /** Alternating names and values. In a value, each character represents one byte. */
  readonly fields: string[];
  /** Whether the block exceeds the limits. `fields` then contains only the fields up to the limit. */
  readonly tooLarge: boolean;
  /**
   * True if all names and values are known to have only permitted characters, where a name may begin with a colon.
   * False if the caller must check them.
   */
  readonly isScreened: boolean;
}

const NOTHING = new Uint8Array(0);
/** The buffer for Huffman-decoded strings. All decoders share it, and it grows to the length of the longest string. */
let scratch = new Uint8Array(1024);

/** The decoder of one connection, with its dynamic table. */
export class HpackDecoder {
  readonly #table = new DynamicTable();
  /** The largest dynamic table in bytes that the peer's encoder may use. */
  #tableLimit: number;
  readonly #announcedLimit: number;
  readonly #bounds: HeaderListBounds;
  #block: Uint8Array = NOTHING;
  #at = 0;
  #end = 0;
  /** Whether any name or value so far had a forbidden character. If so, later blocks may refer to it in the table. */
  #isSuspect = false;

  /**
   * `tableLimit` is the value of our SETTINGS_HEADER_TABLE_SIZE. The limit applies as soon as the peer has acknowledged
   * our settings.
   */
  constructor(tableLimit: number, bounds: HeaderListBounds) {
    this.#announcedLimit = tableLimit;
    this.#tableLimit = Math.max(tableLimit, DEFAULT_TABLE_BYTES);
    this.#bounds = bounds;
  }

  /**
   * Records that the peer has acknowledged SETTINGS_HEADER_TABLE_SIZE. If the peer's table is larger, its next block
   * must begin by reducing the table.
   */
  settingsAcknowledged(): void {
    this.#tableLimit = this.#announcedLimit;
  }

  /**
   * Decodes the complete header block that is in `block` from `start` to `end`. Throws ConnectionError
   * COMPRESSION_ERROR. A header list that exceeds the limits is still read to its end, to keep the table correct for
   * the next block.
   */
  decode(block: Uint8Array, start = 0, end = block.length): HeaderList {
    this.#block = block;
    this.#at = start;
    this.#end = end;
    const list = this.#list();
    this.#block = NOTHING;
    return list;
  }

  #list(): HeaderList {
    const fields: string[] = [];
    const { maxBytes, maxFields } = this.#bounds;
    let bytes = 0;
    let count = 0;
    let mayResize = true;
    while (this.#at < this.#end) {
      const first = this.#block[this.#at]!;
      if ((first & 0xe0) === 0x20) {
        if (!mayResize) throw compressionError("a size update of the table after a field");
        this.#resize();
        continue;
      }
      if (mayResize && this.#table.maxSize > this.#tableLimit) throw compressionError("a table larger than announced");
      mayResize = false;
      let name: string;
      let value: string;
      if ((first & 0x80) !== 0) {
        const index = this.#integer(0x7f);
        name = this.#name(index);
        value = this.#value(index);
      } else {
        const indexed = (first & 0x40) !== 0;
        const index = this.#integer(indexed ? 0x3f : 0x0f);
        name = index === 0 ? this.#string(isCleanName) : this.#name(index);
        value = this.#string(isCleanValue);
        if (indexed) this.#table.add(name, value);
      }
      bytes += name.length + value.length + ENTRY_OVERHEAD;
      count += 1;
      if (bytes <= maxBytes && count <= maxFields) fields.push(name, value);
    }
    return { fields, tooLarge: bytes > maxBytes || count > maxFields, isScreened: !this.#isSuspect };
  }

  #resize(): void {
    const size = this.#integer(0x1f);
    if (size > this.#tableLimit) throw compressionError("a table larger than announced");
    this.#table.resize(size);
  }

  #name(index: number): string {
    const name = index <= STATIC_ENTRIES ? STATIC_TABLE[2 * index - 2] : this.#table.name(index - STATIC_ENTRIES - 1);
    if (name === undefined || index === 0 || index > STATIC_ENTRIES + this.#table.length) throw unknownIndex();
    return name;
  }

  #value(index: number): string {
    return index <= STATIC_ENTRIES ? STATIC_TABLE[2 * index - 1]! : this.#table.value(index - STATIC_ENTRIES - 1)!;
  }

  /** Reads an integer that begins at the current byte, in the bits of `mask` (RFC 7541, section 5.1). */
  #integer(mask: number): number {
    let value = this.#block[this.#at++]! & mask;
    if (value < mask) return value;
    // At most four further bytes are read. An index or a length that needs more is over the limits.
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.#at >= this.#end) throw truncated();
      const byte = this.#block[this.#at++]!;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw compressionError("an integer is too large");
  }

  #string(isClean: (bytes: Uint8Array, start: number, end: number) => boolean): string {
    if (this.#at >= this.#end) throw truncated();
    const huffman = this.#block[this.#at]! >= 0x80;
    const length = this.#integer(0x7f);
    let bytes = this.#block;
    let start = this.#at;
    let end = start + length;
    if (end > this.#end) throw truncated();
    this.#at = end;
    if (huffman) {
      // The shortest code has five bits, so the decoded string has at most 8/5 of the encoded length.
      const most = Math.ceil((length * 8) / 5);
      if (scratch.length < most) scratch = new Uint8Array(most);
      end = huffmanDecode(bytes, start, end, scratch);
      start = 0;
      bytes = scratch;
    }
    if (!this.#isSuspect) this.#isSuspect = !isClean(bytes, start, end);
    return binaryString(bytes, start, end);
  }
}

/**
 * Converts bytes to a string with one character for each byte. It converts eight bytes at a time. Converting one at a
 * time, or all of them with an array of arguments, takes several times as long.
 */
function binaryString(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let at = start;
  for (; at + 8 <= end; at += 8) {
    text += String.fromCharCode(
      bytes[at]!,
      bytes[at + 1]!,
      bytes[at + 2]!,
      bytes[at + 3]!,
      bytes[at + 4]!,
      bytes[at + 5]!,
      bytes[at + 6]!,
      bytes[at + 7]!,
    );
  }
  for (; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}

function truncated(): ConnectionError {
  return compressionError("a header block ends within a field");
}

function unknownIndex(): ConnectionError {
  return compressionError("an index of no field");
}
