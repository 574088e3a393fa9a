/** Reads and writes files. Errors of the operating system become UsageErrors that explain them. */
import { randomBytes } from "node:crypto";
import { createReadStream, createWriteStream, rmSync, type WriteStream } from "node:fs";
import { readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { finished } from "node:stream/promises";
import { systemErrorReason, UsageError } from "@grep11/command-line";
import type { Io } from "../terminal/io.ts";

export async function readBytes(io: Io, path: string): Promise<Uint8Array> {
  return explain("read", path, async () => new Uint8Array(await readFile(resolve(io.cwd, path))));
}

/** Reads a secret from a file or an open file descriptor, without the line ending that editors append. Errors: UsageError. */
export async function readSecret(io: Io, source: string | number): Promise<Uint8Array> {
  const bytes = await (typeof source === "string" ? readBytes(io, source) : readDescriptor(source));
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}

function readDescriptor(descriptor: number): Promise<Uint8Array> {
  const read = async () => new Uint8Array(await readFile(`/dev/fd/${descriptor}`));
  return explain("read", `file descriptor ${descriptor}`, read);
}

/** Opens a file, or stdin if `path` is "-". Returns its data, and its size in bytes if that is known. Errors: UsageError. */
export async function openSource(io: Io, path: string): Promise<{ data: AsyncIterable<Uint8Array>; size?: number }> {
  if (path === "-") return { data: io.stdin };
  const info = await explain("read", path, () => stat(resolve(io.cwd, path)));
  if (info.isDirectory()) throw new UsageError(`cannot read ${path}: it is a directory`);
  return { data: readStream(io, path), ...(info.isFile() ? { size: info.size } : {}) };
}

/** Collects all of `data`. Errors: UsageError if it has more than `max` bytes. */
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

export interface WriteOptions {
  /** The permissions of a new file, from which the umask is removed; default 0o666. */
  readonly mode?: number;
  /** Whether to refuse to replace an existing file. */
  readonly exclusive?: boolean;
}

/**
 * Writes `data` to a file. The file appears under its name only when everything is written and synced. If `data` throws, an
 * existing file keeps its content. Devices and pipes are written to directly. Errors: UsageError, and those of `data`.
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
  // After a signal, the program may no longer wait for the stream. Without this listener, an error of the stream would
  // then crash the program.
  stream.on("error", () => {});
  // After a signal, the unfinished file is removed at once, because `data` may never end.
  const removeAtOnce = () => rmSync(written, { force: true });
  if (replaces) signal.addEventListener("abort", removeAtOnce);
  try {
    await explain("write", path, () => opened(stream));
    for await (const part of data) await explain("write", path, () => push(stream, part));
    await explain("write", path, () => finished(stream.end()));
    // If a signal has cut the data short, it may look complete here. Then this throws.
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

/** Closes the stream, then removes the file. A stream that was still being opened would otherwise create the file again. */
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
