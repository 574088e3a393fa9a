import { once } from "node:events";
import type { WriteStream } from "node:tty";
import { readHiddenLine, UsageError } from "@grep11/command-line";
import { ENDING_SIGNALS, type EndingSignal, Interruption, interruptedCode } from "./interruption.ts";
import type { Io, Output } from "./io.ts";

/** After a signal, the process may clean up for this many milliseconds. */
const CLEANUP_MS = 2000;

/** Returns the Io of this process. Its `signal` is aborted by the first SIGHUP, SIGINT or SIGTERM. */
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
    loadTransport: async () => (await import("../connection/connection.ts")).connect,
  };
}

/** Returns an AbortSignal that signals of the operating system abort, and a function that aborts it as such a signal would. */
function interruptible(): { signal: AbortSignal; interrupt: (by: EndingSignal) => void } {
  const controller = new AbortController();
  function interrupt(by: EndingSignal): void {
    // From now on, Node's default applies: a further signal ends the process at once.
    for (const each of ENDING_SIGNALS) process.off(each, interrupt);
    controller.abort(new Interruption(by));
    process.stdin.destroy();
    setTimeout(() => endProcess(controller.signal), CLEANUP_MS).unref();
  }
  for (const each of ENDING_SIGNALS) process.on(each, interrupt);
  return { signal: controller.signal, interrupt };
}

/**
 * Ends an interrupted process at once. process.exit waits for file operations, but opening a pipe never completes if nobody
 * opens its other end. The process then kills itself with the signal, which shells report like the exit code.
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
    throw new UsageError("there is no terminal to prompt for the secret: give a file or descriptor with it");
  return readHiddenLine(prompt, () => interrupt("SIGINT"));
}
