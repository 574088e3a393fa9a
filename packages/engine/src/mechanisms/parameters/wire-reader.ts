/**
 * Reads EP11's wire form of a structured parameter: numbers of 32 bits, big-endian, and byte strings
 * (docs/reference/ep11.md#parameter-forms).
 */
import * as ck from "@grep11/cryptoki";

/** Every method throws CKR_MECHANISM_PARAM_INVALID when the bytes run out. */
export class WireReader {
  readonly #wire: Uint8Array;
  #offset = 0;

  constructor(wire: Uint8Array) {
    this.#wire = wire;
  }

  number(): number {
    const word = this.bytes(4);
    return new DataView(word.buffer, word.byteOffset, 4).getUint32(0);
  }

  bytes(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#wire.length) throw ck.CkError.mechanismParamInvalid("the parameter is too short");
    const bytes = this.#wire.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }

  /** `value`, read before, if nothing is left. */
  end<T>(value: T): T {
    if (this.#offset !== this.#wire.length) throw ck.CkError.mechanismParamInvalid("the parameter is too long");
    return value;
  }
}
