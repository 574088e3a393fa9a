import { UsageError } from "./usage-error.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const CTRL_C = 0x03;
const CTRL_D = 0x04;
const BACKSPACES = [0x08, 0x7f];

/**
 * Reads one line without echo from stdin, which must be a terminal. Returns bytes, because strings cannot be wiped. The
 * terminal is in raw mode, so Ctrl-C calls `onInterrupt` and sends no signal. Errors: UsageError after Ctrl-C, Ctrl-D or the
 * end of stdin.
 */
export async function readHiddenLine(prompt: string, onInterrupt: () => void): Promise<Uint8Array> {
  const { stdin, stderr } = process;
  stderr.write(prompt);
  stdin.setRawMode(true);
  const typed: number[] = [];
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      for (const byte of chunk as Uint8Array) {
        if (byte === CARRIAGE_RETURN || byte === LINE_FEED) return Uint8Array.from(typed);
        if (byte === CTRL_C) onInterrupt();
        if (byte === CTRL_C || byte === CTRL_D) throw new UsageError("no secret was given");
        if (BACKSPACES.includes(byte)) typed.pop();
        else typed.push(byte);
      }
    }
    throw new UsageError("no secret was given");
  } finally {
    typed.fill(0);
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write("\n");
  }
}
