/** The surroundings of a real process. */
import { once } from "node:events";
import type { WriteStream } from "node:tty";
import { UsageError } from "@grep11/command-line";
import { connect } from "./connection.ts";
import type { Io, Output } from "./io.ts";

/** stdin, stdout, stderr, environment and terminal of this process; the first Ctrl-C aborts the signal and ends stdin. */
export function processIo(): Io {
  const interrupted = new AbortController();
  process.once("SIGINT", () => {
    interrupted.abort();
    process.stdin.destroy(new Error("interrupted"));
  });
  return {
    stdin: process.stdin,
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    signal: interrupted.signal,
    askSecret,
    connect,
  };
}

function outputOf(stream: WriteStream): Output {
  return {
    async write(data) {
      if (!stream.write(data)) await once(stream, "drain");
    },
    isTTY: stream.isTTY === true,
    columns: stream.columns ?? 80,
  };
}

const ENTER = 0x0d;
const NEWLINE = 0x0a;
const CTRL_C = 0x03;
const CTRL_D = 0x04;
const BACKSPACES = [0x08, 0x7f];

/** Reads bytes in raw mode until Enter, so that nothing is shown and the secret never becomes a string. */
async function askSecret(prompt: string): Promise<Uint8Array> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY)
    throw new UsageError("there is no terminal to ask for the secret: name a file or descriptor with it");
  stderr.write(prompt);
  stdin.setRawMode(true);
  const typed: number[] = [];
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      for (const byte of chunk as Uint8Array) {
        if (byte === ENTER || byte === NEWLINE) return Uint8Array.from(typed);
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
