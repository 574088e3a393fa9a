/** A source of random bytes. */

/** `length` unpredictable bytes. */
export type RandomSource = (length: number) => Uint8Array;
