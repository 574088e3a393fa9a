/**
 * Defines which bytes are forbidden in the names and values of fields (RFC 9113, section 8.2.1; RFC 9110, section 5).
 */

const TAB = 0x09;
const SPACE = 0x20;
const COLON = 0x3a;

/** For each byte, 1 if it is forbidden in names. Names are tokens without capital letters (RFC 9110, section 5.6.2). */
export const FORBIDDEN_IN_NAME = table((letter) => !/[!#$%&'*+.^_`|~0-9a-z-]/.test(letter));
/** For each byte, 1 if it is forbidden in values. Only NUL, CR and LF are forbidden. */
export const FORBIDDEN_IN_VALUE = table((letter) => letter === "\0" || letter === "\r" || letter === "\n");
/** For each byte, 1 if it is forbidden in `:path`. */
export const FORBIDDEN_IN_PATH = table((letter) => letter <= " " || letter === "#" || letter === "\x7f");
/**
 * For each byte, 1 if it is forbidden in `:authority` and `host`. "@" is forbidden, because user information is
 * deprecated (section 8.3.1).
 */
export const FORBIDDEN_IN_AUTHORITY = table((letter) => !/[!$%&'()*+,\-.0-9:;=A-Z[\]_a-z~]/.test(letter));

/** Returns whether `text` has a character, at `start` or later, that is in `forbidden` or above 255. */
export function hasForbidden(text: string, forbidden: Uint8Array, start = 0): boolean {
  for (let at = start; at < text.length; at++) {
    if (forbidden[text.charCodeAt(at)] !== 0) return true;
  }
  return false;
}

/** Returns whether a value with these first and last characters begins or ends with white space, which is malformed. */
export function hasSpaceAtEnds(first: number, last: number): boolean {
  return first === SPACE || first === TAB || last === SPACE || last === TAB;
}

/**
 * Returns whether the bytes from `start` to `end` are a valid name. A leading colon, as in pseudo-header fields, is
 * allowed.
 */
export function isCleanName(bytes: Uint8Array, start: number, end: number): boolean {
  const from = bytes[start] === COLON ? start + 1 : start;
  return from < end && !includes(bytes, from, end, FORBIDDEN_IN_NAME);
}

/** Returns whether the bytes from `start` to `end` are a valid value. */
export function isCleanValue(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true;
  return !hasSpaceAtEnds(bytes[start]!, bytes[end - 1]!) && !includes(bytes, start, end, FORBIDDEN_IN_VALUE);
}

function includes(bytes: Uint8Array, start: number, end: number, forbidden: Uint8Array): boolean {
  for (let at = start; at < end; at++) if (forbidden[bytes[at]!] !== 0) return true;
  return false;
}

function table(isForbidden: (letter: string) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (isForbidden(String.fromCharCode(code)) ? 1 : 0));
}
