/** Provides a sink for stderr, whether it is a pipe, a terminal or a file. Its writes never block the event loop. */
import { constants, fstatSync, openSync, type Stats, write } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isatty } from "node:tty";
import type { Sink } from "./bounded-destination.ts";

/** How many bytes to write to a pipe at once. Writes up to this size are atomic (POSIX: PIPE_BUF, 4,096 on Linux). */
const PIPE_CHUNK_BYTES = 4096;
const FILE_CHUNK_BYTES = 64 * 1024;
/** Milliseconds to wait before writing again to a terminal that a user has stopped with Ctrl-S. */
const TERMINAL_RETRY_MS = 50;

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
  // If nobody reads the pipe, `write` rejects. Without this listener, the event "error" would also end the process.
  stream.on("error", () => undefined);
  return {
    chunkBytes: PIPE_CHUNK_BYTES,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
  };
}

/** Returns a sink for files, terminals and devices. Node writes to them in its thread pool. */
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

/** Writes as many of `bytes` as the descriptor accepts at the moment, and resolves to their number, which may be 0. */
function writeSome(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, (error, written) => {
      if (error === null) resolve(written);
      else if (error.code === "EAGAIN") resolve(0);
      else reject(error);
    });
  });
}

/** Opens the terminal a second time, as a non-blocking descriptor for this process only. If that fails, returns `fd`. */
function reopenedTerminal(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return fd;
  }
}
