/**
 * Converts messages from and to JSON. @bufbuild/protobuf (protobuf-es) converts base64 slowly, one character at a time.
 * So long bytes fields are converted by Node: a short random placeholder replaces each of them while protobuf-es
 * converts the rest of the message.
 * When a message is read, it is not known yet which strings belong to bytes fields. If a placeholder turns out to be in
 * another field, protobuf-es reads the whole message again.
 */
import { randomUUID } from "node:crypto";
import { type DescMessage, fromJsonString, type Message, toJsonString } from "@bufbuild/protobuf";

/**
 * Base64 strings of more characters than this, and bytes fields of at least as many bytes, are replaced by a
 * placeholder. For shorter values, that would take more time than it saves.
 */
const LONG = 512;
/**
 * At most this many quotes are searched for. A message with more quotes has so many names that it is refused anyway.
 */
const MAX_QUOTES = 8192;
const [QUOTE, PADDING] = [0x22, 0x3d];
/**
 * Matches a JSON string that can be a placeholder, which is the base64 of 27 bytes. The group makes split() return the
 * string too.
 */
const PLACEHOLDER = /(?<=")([A-Za-z0-9+/]{36})(?=")/;
const PLACEHOLDER_BYTES = 27;
/**
 * How many bytes or characters are converted at a time. Collecting the garbage of short strings takes little time, but
 * a string of megabytes can cause a full garbage collection.
 */
const STEP = 48 * 1024;

/**
 * Returns the message that `json` encodes. Returns undefined if protobuf-es would have to read a text for which
 * `isFast` returns false. Throws the errors of fromJsonString.
 */
export function fromJsonBytes(
  schema: DescMessage,
  json: Uint8Array,
  isFast: (text: Uint8Array) => boolean,
): Message | undefined {
  const { text, values } = detachBase64(json);
  if (!isFast(text)) return undefined;
  try {
    const message = attach(fromText(schema, text), values);
    if (message !== undefined) return message;
  } catch (thrown) {
    // A placeholder in a field of another type can cause an error, although the string that it replaces is valid. So
    // the original text is read again.
    if (values.size === 0 || !isFast(json)) throw thrown;
  }
  return isFast(json) ? fromText(schema, json) : undefined;
}

function fromText(schema: DescMessage, text: Uint8Array): Message {
  return fromJsonString(schema, new TextDecoder().decode(text), { ignoreUnknownFields: true });
}

/**
 * Returns `message` with the placeholders replaced by `values`. Returns undefined if not all placeholders are in bytes
 * fields.
 */
function attach(message: Message, values: ReadonlyMap<string, Uint8Array>): Message | undefined {
  if (values.size === 0) return message;
  let found = 0;
  const whole = mapBytes(message, (bytes) => {
    const value = bytes.length === PLACEHOLDER_BYTES ? values.get(base64Of(bytes)) : undefined;
    if (value !== undefined) found += 1;
    return value ?? bytes;
  });
  return found === values.size ? whole : undefined;
}

/**
 * Replaces the long base64 strings of `json` by placeholders. `values` maps each placeholder to the bytes of its
 * string. After an escaped quote, a part of a string may be replaced. That is detected later, because such a string is
 * not in a bytes field.
 */
function detachBase64(json: Uint8Array): { text: Uint8Array; values: Map<string, Uint8Array> } {
  const buffer = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  const values = new Map<string, Uint8Array>();
  const parts: Uint8Array[] = [];
  let copied = 0;
  let close = -1;
  for (let quotes = 0; quotes < MAX_QUOTES; quotes += 2) {
    const open = buffer.indexOf(QUOTE, close + 1);
    close = buffer.indexOf(QUOTE, open + 1);
    if (open < 0 || close < 0) break;
    if (close - open <= LONG) continue;
    const value = decodeBase64(buffer.subarray(open + 1, close));
    if (value === undefined) continue;
    const placeholder = createPlaceholder().toString("base64");
    values.set(placeholder, value);
    parts.push(buffer.subarray(copied, open + 1), Buffer.from(placeholder));
    copied = close;
  }
  return { text: values.size === 0 ? json : Buffer.concat([...parts, buffer.subarray(copied)]), values };
}

/** Returns `message` as JSON. Throws the errors of toJsonString. */
export function toJsonBytes(schema: DescMessage, message: Message): Uint8Array {
  const values = new Map<string, Uint8Array>();
  let longer = 0;
  const short = mapBytes(message, (bytes) => {
    if (bytes.length < LONG) return bytes;
    const placeholder = createPlaceholder();
    const text = placeholder.toString("base64");
    values.set(text, bytes);
    longer += Math.ceil(bytes.length / 3) * 4 - text.length;
    return placeholder;
  });
  const text = toJsonString(schema, short);
  if (values.size === 0) return Buffer.from(text);
  const json = Buffer.allocUnsafe(Buffer.byteLength(text) + longer);
  let length = 0;
  for (const part of text.split(PLACEHOLDER)) {
    const value = values.get(part);
    length += value === undefined ? json.write(part, length) : writeBase64(value, json.subarray(length));
  }
  return json.subarray(0, length);
}

/** Writes `bytes` as base64 to the start of `target`. Returns the number of characters. */
function writeBase64(bytes: Uint8Array, target: Buffer): number {
  let length = 0;
  for (let at = 0; at < bytes.length; at += STEP) {
    length += target.write(base64Of(bytes.subarray(at, at + STEP)), length, "latin1");
  }
  return length;
}

/** Decodes base64. Returns undefined for a text that Node and protobuf-es decode differently. */
function decodeBase64(text: Buffer): Uint8Array | undefined {
  const padding = text.at(-1) !== PADDING ? 0 : text.at(-2) !== PADDING ? 1 : 2;
  const digits = text.length - padding;
  if (digits % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((digits * 3) / 4));
  const target = Buffer.from(bytes.buffer);
  let length = 0;
  for (let at = 0; at < text.length; at += STEP) {
    length += target.write(text.toString("latin1", at, at + STEP), length, "base64");
  }
  // If the text has characters that do not belong to base64, Node skips them and writes fewer bytes.
  return length === bytes.length ? bytes : undefined;
}

function base64Of({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

/**
 * Returns random bytes that a caller cannot guess. A UUID can be decoded as base64, because it only has characters of
 * the URL-safe alphabet.
 */
function createPlaceholder(): Buffer {
  return Buffer.from(randomUUID(), "base64");
}

/** Returns a copy of a message, or of a part of one, in which `convert` has replaced each Uint8Array. */
function mapBytes<T>(node: T, convert: (bytes: Uint8Array) => Uint8Array): T {
  if (typeof node !== "object" || node === null) return node;
  if (node instanceof Uint8Array) return convert(node) as T & Uint8Array;
  // Spreading also copies the key "__proto__" of a map. The copy gets the prototype of the message, which contains its
  // default values.
  const copy = Array.isArray(node) ? [...node] : Object.setPrototypeOf({ ...node }, Object.getPrototypeOf(node));
  for (const key of Object.keys(copy)) copy[key] = mapBytes<unknown>(copy[key], convert);
  return copy;
}
