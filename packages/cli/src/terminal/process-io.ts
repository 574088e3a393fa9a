/** The surroundings of a real process. */
import { once } from "node:events";
import type { WriteStream } from "node:tty";
import { readHiddenLine, UsageError } from "@grep11/command-line";
import { connect } from "../connection/connection.ts";
import { ENDING_SIGNALS, type EndingSignal, Interruption, interruptedCode } from "./interruption.ts";
import type { Io, Output } from "./io.ts";

/** Longest time to tidy up after a signal, in milliseconds. */
const TIDY_MS = 2000;

/** stdin, stdout, stderr, environment and terminal of this process; the first signal that ends it aborts the run. */
export function processIo(): Io {
  const { signal, interrupt } = interruptible();
  return {
    stdin: process.stdin,
    stdout: outputOf(process.stdout, signal),
    stderr: outputOf(process.stderr, signal),
    env: process.env,
    cwd: process.cwd(),
    signal,
    askSecret: (prompt) => askSecret(prompt, interrupt),
    connect,
  };
}

/** A signal that is aborted when the process is asked to end, and how to ask it from within. */
function interruptible(): { signal: AbortSignal; interrupt: (by: EndingSignal) => void } {
  const controller = new AbortController();
  function interrupt(by: EndingSignal): void {
    // From now on every further signal ends the process at once.
    for (const each of ENDING_SIGNALS) process.off(each, interrupt);
    controller.abort(new Interruption(by));
    process.stdin.destroy();
    setTimeout(() => endProcess(controller.signal), TIDY_MS).unref();
  }
  for (const each of ENDING_SIGNALS) process.on(each, interrupt);
  return { signal: controller.signal, interrupt };
}

/**
 * Ends the process that `aborted` interrupted, without waiting for anything. process.exit waits for file operations, and one on
 * a pipe without another end never comes back: then the signal itself ends the process, which shells report the same.
 */
export function endProcess(aborted: AbortSignal): void {
  const isStuck = process.getActiveResourcesInfo().some((name) => name.startsWith("FSReq"));
  if (isStuck && aborted.reason instanceof Interruption) process.kill(process.pid, aborted.reason.signal);
  else process.exit(interruptedCode(aborted));
}

function outputOf(stream: WriteStream, signal: AbortSignal): Output {
  return {
    async write(data) {
      if (!stream.write(data)) await once(stream, "drain", { signal });
    },
    isTTY: stream.isTTY === true,
    columns: stream.columns ?? 80,
  };
}

async function askSecret(prompt: string, interrupt: (by: EndingSignal) => void): Promise<Uint8Array> {
  if (!process.stdin.isTTY)
    throw new UsageError("there is no terminal to ask for the secret: name a file or descriptor with it");
  return readHiddenLine(prompt, () => interrupt("SIGINT"));
}
