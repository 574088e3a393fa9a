/**
 * EP11's wire form of a PKCS #11 parameter structure (docs/reference/ep11.md#parameter-forms). It begins with the numbers of the
 * structure in order, each as 32 bits big-endian, with a length in place of each pointer. The byte strings to which the pointers
 * refer follow in the same order.
 */
import { concatenate } from "./bytes.ts";
import { EncodingError } from "./encoding-error.ts";

/** Returns the wire form of `numbers` and `parts`. */
export function wireForm(numbers: readonly number[], ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(4 * numbers.length);
  const view = new DataView(head.buffer);
  numbers.forEach((number, index) => {
    view.setUint32(4 * index, number);
  });
  return concatenate(head, ...parts);
}

/** Reads a wire form. Every method throws {@link EncodingError} if there are too few bytes. */
export class WireReader {
  readonly #wire: Uint8Array;
  #offset = 0;

  constructor(wire: Uint8Array) {
    this.#wire = wire;
  }

  number(): number {
    const word = this.bytes(4);
    return ((word[0]! << 24) | (word[1]! << 16) | (word[2]! << 8) | word[3]!) >>> 0;
  }

  numbers(count: number): number[] {
    return Array.from({ length: count }, () => this.number());
  }

  /** Reads the next `length` bytes. Returns a view of the input. */
  bytes(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#wire.length) throw new EncodingError("wire form: too short");
    const bytes = this.#wire.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }

  /** Reads all bytes that have not been read yet. */
  rest(): Uint8Array {
    return this.bytes(this.#wire.length - this.#offset);
  }

  /** Throws unless everything has been read. */
  end(): void {
    if (this.#offset !== this.#wire.length) throw new EncodingError("wire form: too long");
  }
}
