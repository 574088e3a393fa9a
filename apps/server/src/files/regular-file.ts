/** Reads regular files of bounded size. */
import { constants, type Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";

/** Reports that a file was refused. The message has its path, the reason and the remedy, but not its content. */
export class FileRefusedError extends Error {
  override readonly name = "FileRefusedError";

  constructor(path: string, reason: string, remedy: string) {
    super(`${path}: refused, ${reason}; ${remedy}`);
  }
}

/** Maximum size of a file in bytes. */
const MAX_BYTES = 1 << 20;

/** The content of a file, with the owner, mode and so on that it had when it was read. */
interface RegularFile {
  readonly content: Uint8Array;
  readonly status: Stats;
}

/**
 * Reads a regular file; symbolic links are followed. `check` sees owner and mode before anything is read, and can throw. Errors:
 * FileRefusedError for files that are not regular or exceed 1 MiB; system errors such as ENOENT.
 */
export async function readRegularFile(path: string, check?: (status: Stats) => void): Promise<RegularFile> {
  // A FIFO or device is refused before it is opened, because opening one may block.
  requireRegular(path, await stat(path));
  // With O_NONBLOCK, opening does not block even if a FIFO has replaced the file in the meantime.
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

/** Reads a file that is not secret but must be trusted, such as a configuration. World-writable files are refused. */
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

/** Reads the whole content. Some system files report the length 0, so the length is not known in advance. */
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
