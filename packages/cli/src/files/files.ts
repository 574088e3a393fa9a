/** Reads and writes files, with understandable errors. */
import { randomBytes } from "node:crypto";
import { createReadStream, createWriteStream, rmSync, type WriteStream } from "node:fs";
import { readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { finished } from "node:stream/promises";
import { systemErrorReason, UsageError } from "@grep11/command-line";
import type { Io } from "../terminal/io.ts";

/** Returns all bytes of the file. Errors: UsageError. */
export async function readBytes(io: Io, path: string): Promise<Uint8Array> {
  return explain("read", path, async () => new Uint8Array(await readFile(resolve(io.cwd, path))));
}

/** Reads a file that contains one secret. Returns its bytes without the line ending that editors append. Errors: UsageError. */
export async function readSecret(io: Io, path: string): Promise<Uint8Array> {
  return withoutLineEnd(await readBytes(io, path));
}

function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}

/** Returns whether `path` exists. */
export async function exists(io: Io, path: string): Promise<boolean> {
  return stat(resolve(io.cwd, path)).then(
    () => true,
    () => false,
  );
}

/**
 * Opens a source of data; "-" is stdin. Returns the data, and its size in bytes if known. Errors: UsageError, on opening and on
 * reading.
 */
export async function openSource(io: Io, path: string): Promise<{ data: AsyncIterable<Uint8Array>; size?: number }> {
  if (path === "-") return { data: io.stdin };
  const info = await explain("read", path, () => stat(resolve(io.cwd, path)));
  if (info.isDirectory()) throw new UsageError(`cannot read ${path}: it is a directory`);
  return { data: readStream(io, path), ...(info.isFile() ? { size: info.size } : {}) };
}

/** Returns all of `data`. Errors: UsageError if it has more than `max` bytes. */
export async function readWhole(data: AsyncIterable<Uint8Array>, max: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of data) {
    length += part.length;
    if (length > max) throw new UsageError(`the data is longer than ${max} bytes`);
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

async function* readStream(io: Io, path: string): AsyncGenerator<Uint8Array> {
  const stream = createReadStream(resolve(io.cwd, path), { highWaterMark: 1 << 20, signal: io.signal });
  try {
    for await (const chunk of stream) yield chunk;
  } catch (error) {
    throw explained("read", path, error);
  }
}

/** Options for writing a file. */
export interface WriteOptions {
  /** Permissions of a new file; by default 0o666 without the bits of the umask. */
  readonly mode?: number;
  /** Whether to refuse to replace an existing file. */
  readonly exclusive?: boolean;
}

/**
 * Writes `data` to the file. The file appears under its name only when everything is written and synced. If `data` fails, an
 * existing file keeps its content and no other file remains. Devices and pipes are written to directly. Errors: UsageError, and
 * those of `data`.
 */
export async function writeFile(
  io: Io,
  path: string,
  data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { mode = 0o666, exclusive = false }: WriteOptions = {},
): Promise<void> {
  const target = await realpath(resolve(io.cwd, path)).catch(() => resolve(io.cwd, path));
  const present = await stat(target).catch(() => undefined);
  if (exclusive && present !== undefined) {
    throw new UsageError(`${path} exists; choose another name or give --force`);
  }
  const replaces = present === undefined || present.isFile();
  const written = replaces ? `${target}.${randomBytes(6).toString("hex")}.part` : target;
  const { signal } = io;
  const stream = createWriteStream(written, {
    signal,
    ...(replaces ? { mode, flags: "wx", flush: true } : { flags: "w" }),
  });
  // Calls that wait for the stream also get its error, but when a signal ends the program, none may be waiting.
  stream.on("error", () => {});
  // On a signal, the file is removed at once, because `data` may never end.
  const removeAtOnce = () => rmSync(written, { force: true });
  if (replaces) signal.addEventListener("abort", removeAtOnce);
  try {
    await explain("write", path, () => opened(stream));
    for await (const part of data) await explain("write", path, () => push(stream, part));
    await explain("write", path, () => finished(stream.end()));
    // Throws after a signal, because data that it has cut short can look complete.
    signal.throwIfAborted();
    if (replaces) await explain("write", path, () => rename(written, target));
  } catch (error) {
    if (replaces) await removeUnfinished(stream, written);
    else stream.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", removeAtOnce);
  }
}

/**
 * Closes the stream and removes the file, in this order, because a stream that is still being opened would create the file again.
 */
async function removeUnfinished(stream: WriteStream, path: string): Promise<void> {
  if (!stream.closed) await new Promise<void>((resolve) => stream.once("close", () => resolve()).destroy());
  await rm(path, { force: true });
}

function opened(stream: WriteStream): Promise<void> {
  return new Promise((resolve, reject) => stream.once("open", () => resolve()).once("error", reject));
}

function push(stream: WriteStream, part: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => stream.write(part, (error) => (error ? reject(error) : resolve())));
}

/** Reads a secret from an open file descriptor, as in `3< pin.txt`, otherwise like readSecret. Errors: UsageError. */
export async function readSecretDescriptor(descriptor: number): Promise<Uint8Array> {
  const read = () => readFile(`/dev/fd/${descriptor}`);
  return withoutLineEnd(new Uint8Array(await explain("read", `file descriptor ${descriptor}`, read)));
}

async function explain<T>(verb: string, path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw explained(verb, path, error);
  }
}

function explained(verb: string, path: string, error: unknown): Error {
  if ((error as NodeJS.ErrnoException).code === undefined) return error as Error;
  return new UsageError(`cannot ${verb} ${path}: ${systemErrorReason(error as Error)}`, { cause: error });
}
