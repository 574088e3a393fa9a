/** What commands write: data to a file or stdout, facts to stdout, remarks to stderr. */
import { TextDecoder } from "node:util";
import { UsageError } from "@grep11/command-line";
import { type WriteOptions, writeFile } from "./files.ts";
import type { Io } from "./io.ts";

/** How bytes are written. */
export type Encoding = "raw" | "hex" | "base64";

/** The options of OUT in flags.ts. */
export interface OutFlags {
  readonly out: string | undefined;
  readonly encoding: Encoding;
}

/**
 * Writes a result where --out says, as --encoding says. Without --out it goes to stdout, but bytes that are not text are
 * kept off a terminal, as age does. Errors: UsageError.
 */
export async function writeData(
  io: Io,
  { out, encoding }: OutFlags,
  data: AsyncIterable<Uint8Array> | Uint8Array,
  options?: WriteOptions,
): Promise<void> {
  const parts = data instanceof Uint8Array ? [data] : data;
  const encoded = encoding === "raw" ? parts : encode(parts, encoding);
  if (out !== undefined && out !== "-") return writeFile(io, out, encoded, options);
  const guard = io.stdout.isTTY && out === undefined ? new TextDecoder("utf-8", { fatal: true }) : undefined;
  for await (const part of encoded) {
    if (guard !== undefined && !isText(guard, part)) {
      throw new UsageError("the result is not text: name a file with --out, or give --out - or --encoding hex");
    }
    await io.stdout.write(part);
  }
}

async function* encode(
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  encoding: Exclude<Encoding, "raw">,
): AsyncGenerator<Uint8Array> {
  // Base64 takes three bytes at a time: what is left over waits for the next part.
  let waiting = Buffer.alloc(0);
  for await (const part of parts) {
    const all = Buffer.concat([waiting, part]);
    const whole = all.length - (encoding === "base64" ? all.length % 3 : 0);
    yield Buffer.from(all.toString(encoding, 0, whole));
    waiting = all.subarray(whole);
  }
  yield Buffer.from(`${waiting.toString(encoding)}\n`);
}

/** Whether a terminal can show the next `bytes` of a text that `decoder` reads: UTF-8 without control characters. */
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

/** A line of facts on stdout. */
export async function printLine(io: Io, line: string): Promise<void> {
  await io.stdout.write(`${line}\n`);
}

/** `value` on stdout: bytes as hexadecimal text. */
export async function printJson(io: Io, value: unknown): Promise<void> {
  const text = JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? hex(part) : part), 2);
  await printLine(io, text);
}

/** A remark on stderr, in yellow where colours are wanted. */
export async function remark(io: Io, text: string): Promise<void> {
  await io.stderr.write(`${paint(io, 33, "note:")} ${text}\n`);
}

/** `text` in the ANSI colour `colour`, unless stderr is no terminal or NO_COLOR is set (no-color.org). */
export function paint(io: Io, colour: number, text: string): string {
  return io.stderr.isTTY && !io.env.NO_COLOR ? `\u001b[${colour}m${text}\u001b[0m` : text;
}

/** Lower-case hexadecimal text. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** The bytes of hexadecimal text, with or without 0x. Errors: UsageError that names `what`. */
export function parseHex(text: string, what: string): Uint8Array {
  const digits = text.replace(/^0x/i, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new UsageError(`${what} is not hexadecimal: ${text}`);
  return new Uint8Array(Buffer.from(digits, "hex"));
}
