/** Overwrites buffers that held secrets with zeros. */
export function wipe(...buffers: readonly (Uint8Array | Int32Array)[]): void {
  for (const buffer of buffers) buffer.fill(0);
}
