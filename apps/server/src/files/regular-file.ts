/** Files that are read whole: regular ones of a bounded length. A FIFO or a device is refused before it is opened, so that nothing waits. */
import { constants, type Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";

/** A file that is refused; the message names the file, the reason and the remedy, never its content. */
export class FileRefusedError extends Error {
  override readonly name = "FileRefusedError";

  constructor(path: string, reason: string, remedy: string) {
    super(`${path}: refused, ${reason}; ${remedy}`);
  }
}

/** Longest file that is read, in bytes. */
const MAX_BYTES = 1 << 20;

/** A file and its rights, both of the same moment. */
export interface RegularFile {
  readonly content: Uint8Array;
  readonly status: Stats;
}

/**
 * Content of a regular file; symbolic links are followed. `judge` sees owner and rights before a byte is read, and throws
 * to refuse it. Errors: {@link FileRefusedError} for anything else and beyond 1 MiB; ENOENT and its kin pass through.
 */
export async function readRegularFile(path: string, judge?: (status: Stats) => void): Promise<RegularFile> {
  requireRegular(path, await stat(path));
  // Should a FIFO take the place of the file now, opening it without waiting still ends at once.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const status = await file.stat();
    requireRegular(path, status);
    judge?.(status);
    return { content: await readBounded(file, path), status };
  } finally {
    await file.close();
  }
}

/**
 * Content of a file that decides something and is not secret: a configuration, a certificate. Refused when everybody may
 * write it. Errors: as {@link readRegularFile}.
 */
export async function readTrustedFile(path: string): Promise<RegularFile> {
  return readRegularFile(path, ({ mode }) => {
    if (process.geteuid !== undefined && (mode & 0o002) !== 0)
      throw new FileRefusedError(path, "everybody may write it", "chmod o-w");
  });
}

function requireRegular(path: string, status: Stats): void {
  if (status.isFile()) return;
  const kind = status.isDirectory() ? "a directory" : status.isFIFO() ? "a FIFO" : "a device or a socket";
  throw new FileRefusedError(path, `it is ${kind}`, "name a regular file");
}

/** All that is in `file`. Some files of the system have no length before they are read. */
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
