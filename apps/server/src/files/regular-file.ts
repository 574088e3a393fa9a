/** Reads regular files of bounded size. A FIFO or a device is refused before it is opened, because opening one may block. */
import { constants, type Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";

/** A file was refused. The message has its path, the reason and the remedy, never its content. */
export class FileRefusedError extends Error {
  override readonly name = "FileRefusedError";

  constructor(path: string, reason: string, remedy: string) {
    super(`${path}: refused, ${reason}; ${remedy}`);
  }
}

/** Maximum size of a file, in bytes. */
const MAX_BYTES = 1 << 20;

/** The content of a file, and the status (owner, mode and so on) that it had when it was read. */
interface RegularFile {
  readonly content: Uint8Array;
  readonly status: Stats;
}

/**
 * Reads a regular file; symbolic links are followed. `check` gets owner and mode before anything is read, and throws to refuse
 * the file. Errors: {@link FileRefusedError} for other kinds of files and for more than 1 MiB; system errors such as ENOENT are
 * unchanged.
 */
export async function readRegularFile(path: string, check?: (status: Stats) => void): Promise<RegularFile> {
  requireRegular(path, await stat(path));
  // With O_NONBLOCK, opening the file does not block if a FIFO has replaced it in the meantime.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const status = await file.stat();
    requireRegular(path, status);
    check?.(status);
    return { content: await readBounded(file, path), status };
  } finally {
    await file.close();
  }
}

/**
 * Reads a file that must be trustworthy but is not secret, such as a configuration or a certificate. It is refused if it is
 * world-writable. Errors: as {@link readRegularFile}.
 */
export async function readTrustedFile(path: string): Promise<RegularFile> {
  return readRegularFile(path, ({ mode }) => {
    if (process.geteuid !== undefined && (mode & 0o002) !== 0)
      throw new FileRefusedError(path, "everyone can write to it", "chmod o-w");
  });
}

function requireRegular(path: string, status: Stats): void {
  if (status.isFile()) return;
  const kind = status.isDirectory() ? "a directory" : status.isFIFO() ? "a FIFO" : "a device or a socket";
  throw new FileRefusedError(path, `it is ${kind}`, "name a regular file");
}

/** Reads the whole content. The length is not known in advance, because some system files report none before they are read. */
async function readBounded(file: FileHandle, path: string): Promise<Uint8Array> {
  const buffer = Buffer.alloc(MAX_BYTES + 1);
  try {
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) return new Uint8Array(buffer.subarray(0, length));
      length += bytesRead;
    }
    throw new FileRefusedError(path, "it is longer than 1 MiB", "name the right file");
  } finally {
    buffer.fill(0);
  }
}
