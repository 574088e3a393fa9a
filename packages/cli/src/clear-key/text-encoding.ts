/** Decodes the text encodings that Windows programs use. */

/**
 * Returns `content` without a byte order mark. UTF-16 text is converted to one byte per character, because key files are ASCII.
 */
export function withoutByteOrderMark(content: Uint8Array): Uint8Array {
  const [first, second, third] = content;
  if (first === 0xef && second === 0xbb && third === 0xbf) return content.subarray(3);
  const low = first === 0xff && second === 0xfe ? 0 : first === 0xfe && second === 0xff ? 1 : undefined;
  return low === undefined ? content : content.subarray(2).filter((_, at) => at % 2 === low);
}
