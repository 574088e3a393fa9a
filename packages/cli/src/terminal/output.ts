/** Writes the output of commands: data to a file or to stdout, other results to stdout, and notes to stderr. */
import { TextDecoder } from "node:util";
import { UsageError } from "@grep11/command-line";
import { EncodingError, fromHex, toHex } from "@grep11/encoding";
import { type WriteOptions, writeFile } from "../files/files.ts";
import type { Io } from "./io.ts";

type Encoding = "raw" | "hex" | "base64";

/** The parsed values of the options OUT in flags.ts. */
interface OutFlags {
  readonly out: string | undefined;
  readonly encoding: Encoding;
  readonly json: boolean;
}

export interface Result extends WriteOptions {
  /** The name that the result has in the JSON object. */
  readonly name: string;
  /** Further members of the JSON object, which precede the result. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Whether the result is text. In JSON, text is not encoded as hexadecimal or base64. */
  readonly text?: boolean;
}

/**
 * Writes a result in the encoding of --encoding to the file of --out, or to stdout. Binary data goes to a terminal only if --out
 * is "-". With --json, a JSON object with the result or the name of its file goes to stdout. Errors: UsageError.
 */
export async function writeData(
  io: Io,
  { out, encoding, json }: OutFlags,
  data: AsyncIterable<Uint8Array> | Uint8Array,
  { name, details = {}, text = false, ...options }: Result,
): Promise<void> {
  const toFile = out !== undefined && out !== "-";
  let bytes = 0;
  async function* counted() {
    for await (const part of data instanceof Uint8Array ? [data] : data) {
      bytes += part.length;
      yield part;
    }
  }
  if (json && !toFile) {
    const inJson = text ? escaped(counted()) : encode(counted(), encoding === "raw" ? "hex" : encoding);
    return writeJsonWith(io, name, details, inJson);
  }
  const encoded = encoding === "raw" ? counted() : encode(counted(), encoding, "\n");
  if (toFile) await writeFile(io, out, encoded, options);
  else await writeParts(io, encoded, out === undefined);
  if (json) await printJson(io, { ...details, file: out, bytes });
}

/** Writes `parts` to stdout. If `guarded` is set and stdout is a terminal, `parts` must be text. Errors: UsageError. */
async function writeParts(io: Io, parts: AsyncIterable<Uint8Array>, guarded: boolean): Promise<void> {
  const guard = io.stdout.isTTY && guarded ? new TextDecoder("utf-8", { fatal: true }) : undefined;
  for await (const part of parts) {
    if (guard !== undefined && !isText(guard, part)) {
      throw new UsageError("the result is not text: name a file with --out, or give --out - or --encoding hex");
    }
    await io.stdout.write(part);
  }
}

/** Writes a JSON object to stdout. Its last member, `name`, has the concatenated `parts` as its value. */
async function writeJsonWith(
  io: Io,
  name: string,
  details: Readonly<Record<string, unknown>>,
  parts: AsyncIterable<Uint8Array>,
): Promise<void> {
  const end = '"\n}';
  let begin = jsonText({ ...details, [name]: "" }).slice(0, -end.length);
  for await (const part of parts) {
    await io.stdout.write(Buffer.concat([Buffer.from(begin), part]));
    begin = "";
  }
  await io.stdout.write(`${begin}${end}\n`);
}

async function* escaped(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder();
  for await (const part of parts)
    yield Buffer.from(JSON.stringify(decoder.decode(part, { stream: true })).slice(1, -1));
}

async function* encode(
  parts: AsyncIterable<Uint8Array>,
  encoding: Exclude<Encoding, "raw">,
  end = "",
): AsyncGenerator<Uint8Array> {
  // Base64 encodes three bytes at a time, so one or two left-over bytes of a part are encoded with the next part.
  let waiting = Buffer.alloc(0);
  for await (const part of parts) {
    const all = Buffer.concat([waiting, part]);
    const whole = all.length - (encoding === "base64" ? all.length % 3 : 0);
    yield Buffer.from(all.toString(encoding, 0, whole));
    waiting = all.subarray(whole);
  }
  yield Buffer.from(`${waiting.toString(encoding)}${end}`);
}

/** Returns whether a terminal can show `bytes`, the next part of a text: UTF-8 without control characters. */
function isText(decoder: TextDecoder, bytes: Uint8Array): boolean {
  try {
    return [...decoder.decode(bytes, { stream: true })].every((character) => {
      const code = character.codePointAt(0) ?? 0;
      return code >= 0x20 ? code < 0x7f || code > 0x9f : character === "\t" || character === "\n" || character === "\r";
    });
  } catch {
    return false;
  }
}

export async function printLine(io: Io, line: string): Promise<void> {
  await io.stdout.write(`${line}\n`);
}

/** Prints `value` on stdout as JSON, with bytes in hexadecimal. */
export async function printJson(io: Io, value: unknown): Promise<void> {
  await printLine(io, jsonText(value));
}

function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? toHex(part) : part), 2);
}

/** Prints a note on stderr. */
export async function remark(io: Io, text: string): Promise<void> {
  await io.stderr.write(`${paint(io, 33, "note:")} ${text}\n`);
}

/** Returns `text` in the ANSI colour `colour`, or unchanged if stderr is not a terminal or NO_COLOR is set (no-color.org). */
export function paint(io: Io, colour: number, text: string): string {
  return io.stderr.isTTY && !io.env.NO_COLOR ? `\u001b[${colour}m${text}\u001b[0m` : text;
}

/** Parses hexadecimal text, with or without 0x. Errors: UsageError that names `what`. */
export function parseHex(text: string, what: string): Uint8Array {
  const digits = text.replace(/^0x/i, "");
  try {
    return fromHex(digits);
  } catch (error) {
    if (error instanceof EncodingError) throw new UsageError(`${what} is not hexadecimal: ${text}`);
    throw error;
  }
}
