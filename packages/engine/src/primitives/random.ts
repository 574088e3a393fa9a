/** A source of random bytes. */

/** Returns `length` unpredictable bytes. */
export type RandomSource = (length: number) => Uint8Array;
