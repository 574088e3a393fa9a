/** Typed access to the fields of parsed test vectors. */

/** A parsed object whose fields are not known in advance. */
export type Fields = Readonly<Record<string, unknown>>;

/** The bytes of the hexadecimal field `name`. */
export function hexIn(fields: Fields, name: string): Uint8Array {
  return new Uint8Array(Buffer.from(textIn(fields, name), "hex"));
}

/** The text field `name`. */
export function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw new TypeError(`the case has no text ${name}`);
  return value;
}

/** The number field `name`. */
export function numberIn(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== "number") throw new TypeError(`the case has no number ${name}`);
  return value;
}
