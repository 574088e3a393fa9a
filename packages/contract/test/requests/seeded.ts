/** Generates pseudo-random bytes that depend only on a seed, with AES-128 in counter mode. */
import { type Cipheriv, createCipheriv, createHash } from "node:crypto";

/** Draws random values from the stream of one seed. */
export class Seeded {
  readonly #cipher: Cipheriv;

  constructor(seed: string) {
    const key = createHash("sha256").update(seed).digest().subarray(0, 16);
    this.#cipher = createCipheriv("aes-128-ctr", key, new Uint8Array(16));
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(this.#cipher.update(new Uint8Array(length)));
  }

  /** Returns a number from 0 to `limit` - 1. `limit` must be at most 2^16. */
  below(limit: number): number {
    const [high, low] = this.bytes(2) as unknown as readonly [number, number];
    return (256 * high + low) % limit;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** Splits `data` at up to three positions into non-empty parts. */
  cut(data: Uint8Array): Uint8Array[] {
    const ends = Array.from({ length: this.below(4) }, () => this.below(data.length + 1));
    const sorted = [0, ...ends, data.length].sort((a, b) => a - b);
    return sorted.slice(1).flatMap((end, at) => (end > sorted[at]! ? [data.subarray(sorted[at]!, end)] : []));
  }
}
