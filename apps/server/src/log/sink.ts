/** Sinks for file descriptors of the process. Whatever the descriptor is, a write never blocks the event loop. */
import { constants, fstatSync, openSync, type Stats, write } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isatty } from "node:tty";
import type { Sink } from "./bounded-destination.ts";

/** Maximum number of bytes in a write to a pipe. Writes of up to this size are atomic (POSIX: PIPE_BUF; 4,096 on Linux). */
const PIPE_CHUNK_BYTES = 4096;
const FILE_CHUNK_BYTES = 64 * 1024;
/** How long to wait before writing again to a terminal that was stopped with Ctrl-S, in milliseconds. */
const TERMINAL_RETRY_MS = 50;

/** Returns the sink for standard error. */
export function standardErrorSink(): Sink {
  const { fd } = process.stderr;
  const kind = statusOf(fd);
  // Node writes to pipes and sockets without blocking, and buffers what the other end does not read.
  if (kind?.isFIFO() || kind?.isSocket()) return streamSink(process.stderr);
  return descriptorSink(isatty(fd) ? reopenedTerminal(fd) : fd);
}

function statusOf(fd: number): Stats | undefined {
  try {
    return fstatSync(fd);
  } catch {
    return undefined;
  }
}

function streamSink(stream: NodeJS.WriteStream): Sink {
  // If nobody reads, every write fails and the caller handles that; the event must not end the process.
  stream.on("error", () => undefined);
  return {
    chunkBytes: PIPE_CHUNK_BYTES,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
  };
}

/** Returns a sink for files, terminals and devices. Node's thread pool writes to them. */
function descriptorSink(fd: number): Sink {
  return {
    chunkBytes: FILE_CHUNK_BYTES,
    async write(bytes) {
      let at = 0;
      while (at < bytes.length) {
        const written = await writeSome(fd, bytes.subarray(at));
        at += written;
        if (written === 0) await sleep(TERMINAL_RETRY_MS, undefined, { ref: false });
      }
    },
  };
}

/** Writes some of `bytes` and resolves to the number of bytes written, or 0 if the descriptor accepts none at the moment. */
function writeSome(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, (error, written) => {
      if (error === null) resolve(written);
      else if (error.code === "EAGAIN") resolve(0);
      else reject(error);
    });
  });
}

/**
 * Opens the terminal again and returns a second, non-blocking descriptor for this process only. Returns `fd` itself if that is
 * impossible.
 */
function reopenedTerminal(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return fd;
  }
}
