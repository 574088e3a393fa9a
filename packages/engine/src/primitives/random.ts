/** Where random bytes come from. */

/** `length` unpredictable bytes. */
export type RandomSource = (length: number) => Uint8Array;
