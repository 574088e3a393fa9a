/** The 4 weak and 12 semi-weak DES keys, with odd parity. */
const WEAK_KEYS: ReadonlySet<bigint> = new Set([
  0x0101010101010101n,
  0xfefefefefefefefen,
  0xe0e0e0e0f1f1f1f1n,
  0x1f1f1f1f0e0e0e0en,
  0x011f011f010e010en,
  0x1f011f010e010e01n,
  0x01e001e001f101f1n,
  0xe001e001f101f101n,
  0x01fe01fe01fe01fen,
  0xfe01fe01fe01fe01n,
  0x1fe01fe00ef10ef1n,
  0xe01fe01ff10ef10en,
  0x1ffe1ffe0efe0efen,
  0xfe1ffe1ffe0efe0en,
  0xe0fee0fef1fef1fen,
  0xfee0fee0fef1fef1n,
]);

/**
 * Whether one of the DES keys in `key` (16 or 24 bytes) is weak, or equal to another of them (NIST SP 800-67 rev. 2,
 * 3.3.2).
 */
export function hasWeakPart(key: Uint8Array): boolean {
  const view = new DataView(key.buffer, key.byteOffset, key.length);
  const parts = Array.from({ length: key.length / 8 }, (_, index) => view.getBigUint64(index * 8));
  return new Set(parts).size < parts.length || parts.some((part) => WEAK_KEYS.has(part));
}
