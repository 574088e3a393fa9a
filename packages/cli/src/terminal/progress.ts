import type { Io } from "./io.ts";

const INTERVAL_MS = 100;
const FIRST_AFTER_MS = 500;

/** Yields `data` unchanged, and after half a second shows the progress on stderr if that is a terminal. `size` is in bytes. */
export async function* withProgress(
  io: Io,
  data: AsyncIterable<Uint8Array>,
  size: number | undefined,
): AsyncGenerator<Uint8Array> {
  const started = performance.now();
  let shownAt = started + FIRST_AFTER_MS - INTERVAL_MS;
  let done = 0;
  let shown = false;
  try {
    for await (const part of data) {
      yield part;
      done += part.length;
      const now = performance.now();
      if (io.stderr.isTTY && now - shownAt >= INTERVAL_MS) {
        await io.stderr.write(`\r${progressLine(done, size, (now - started) / 1000, io.stderr.columns)}\u001b[K`);
        shownAt = now;
        shown = true;
      }
    }
  } finally {
    if (shown) await io.stderr.write("\r\u001b[K");
  }
}

/** Returns the line that shows the progress: `done` of `size` bytes after `seconds`. It has at most `columns` characters. */
export function progressLine(done: number, size: number | undefined, seconds: number, columns: number): string {
  const speed = `${mebibytes(done)} MiB  ${mebibytes(done / seconds)} MiB/s`;
  if (size === undefined || size === 0) return speed.slice(0, columns);
  const fraction = Math.min(1, done / size);
  const width = Math.max(0, Math.min(40, columns - speed.length - 9));
  const filled = Math.round(fraction * width);
  const bar = `${"#".repeat(filled)}${".".repeat(width - filled)}`;
  return `[${bar}] ${String(Math.floor(fraction * 100)).padStart(3)}% ${speed}`.slice(0, columns);
}

function mebibytes(bytes: number): string {
  return (bytes / (1 << 20)).toFixed(1);
}
