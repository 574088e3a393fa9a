/** Reads fields of parsed test vectors with their types. */

/** A parsed object whose fields are not known in advance. */
export type Fields = Readonly<Record<string, unknown>>;

/** Returns the bytes of the hexadecimal field `name`. */
export function hexIn(fields: Fields, name: string): Uint8Array {
  return new Uint8Array(Buffer.from(textIn(fields, name), "hex"));
}

/** Returns the text field `name`. */
export function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw new TypeError(`the case has no text ${name}`);
  return value;
}

/** Returns the number field `name`. */
export function numberIn(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== "number") throw new TypeError(`the case has no number ${name}`);
  return value;
}
