/** Byte strings: joining, comparing, wiping. */

/** The parts, one behind the other, in an array of its own. */
export function concatenate(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Are these public values the same? Takes longer the more they agree: not for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Overwrites buffers that held secrets with zeros. */
export function wipe(...buffers: readonly (Uint8Array | Int32Array)[]): void {
  for (const buffer of buffers) buffer.fill(0);
}
