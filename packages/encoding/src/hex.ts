/** Converts between bytes and hexadecimal text. */
import { EncodingError } from "./encoding-error.ts";

const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Converts `bytes` to lower-case hexadecimal text. Must not be used for secrets, because a string cannot be wiped. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += DIGITS[byte];
  return text;
}

/**
 * Converts hexadecimal `text`, in either case, to bytes. Throws {@link EncodingError} for other characters and for an odd number
 * of digits.
 */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw new EncodingError("not hexadecimal");
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
