/**
 * The wire format of protobuf, written from the last byte to the first: the length of a part is known when it is due, so one
 * pass does, without a message made of objects beforehand.
 */
import { WireType } from "@bufbuild/protobuf/wire";
import type { Allocate } from "./bytes-message.ts";

const FIRST_BYTES = 4096;

/** Fields in descending order, each behind its own content. One message at a time. */
export class BackwardWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  /** Where the written part begins. */
  #start = FIRST_BYTES;

  /** Bytes written so far: what {@link BackwardWriter.close} wants to know of the moment before a part. */
  get length(): number {
    return this.#bytes.length - this.#start;
  }

  /** A field of bytes. Throws TypeError for what is none. */
  bytes(number: number, value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) throw new TypeError("a field of bytes holds something else");
    const behind = this.length;
    this.#reserve(value.length);
    this.#start -= value.length;
    this.#bytes.set(value, this.#start);
    this.close(number, behind);
  }

  /** A field of an integer from 0 to 2^53 - 1, or of a boolean as 0 and 1. */
  integer(number: number, value: number): void {
    this.#varint(value);
    this.#varint(number * 8 + WireType.Varint);
  }

  /** Makes a field of all that was written since `length` was `behind`: a message. */
  close(number: number, behind: number): void {
    this.#varint(this.length - behind);
    this.#varint(number * 8 + WireType.LengthDelimited);
  }

  /** What was written, at the end of what `allocate` gives; default: memory of its size. The writer is empty then. */
  take(allocate: Allocate = (size) => new Uint8Array(size)): Uint8Array {
    const { length } = this;
    const wire = allocate(length);
    wire.set(this.#bytes.subarray(this.#start), wire.length - length);
    this.clear();
    return wire;
  }

  /** Forgets what was written, and the memory of a long message. */
  clear(): void {
    if (this.#bytes.length > 16 * FIRST_BYTES) this.#bytes = new Uint8Array(FIRST_BYTES);
    this.#start = this.#bytes.length;
  }

  #varint(value: number): void {
    let size = 1;
    for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) size++;
    this.#reserve(size);
    this.#start -= size;
    const last = this.#start + size - 1;
    let rest = value;
    for (let at = this.#start; at < last; at++, rest = Math.floor(rest / 128)) this.#bytes[at] = (rest % 128) | 0x80;
    this.#bytes[last] = rest;
  }

  #reserve(length: number): void {
    if (length <= this.#start) return;
    const written = this.#bytes.subarray(this.#start);
    this.#bytes = new Uint8Array(2 * (written.length + length));
    this.#start = this.#bytes.length - written.length;
    this.#bytes.set(written, this.#start);
  }
}
