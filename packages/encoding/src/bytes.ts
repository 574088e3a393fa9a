/** Concatenates and compares byte strings. */

/** Returns all `parts`, in order, in a new array. */
export function concatenate(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concatenateAll(parts);
}

/** As {@link concatenate}, but for lists of any length. A function call accepts only some ten thousand arguments. */
export function concatenateAll(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Whether `a` and `b` contain the same bytes. Not constant-time: compare secrets with `timingSafeEqual` of node:crypto. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
