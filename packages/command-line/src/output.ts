/** What a program does when its output cannot be written. */
import { systemErrorReason } from "./system-error.ts";

/** A stream that a program prints to. */
interface Printed {
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** The streams of a process, and how it ends; as much of `process` as {@link endWithOutput} needs. */
interface Ending {
  readonly stdout: Printed;
  readonly stderr: Printed & { write(text: string): unknown };
  exit(code: number): void;
}

/**
 * Ends `process` when stdout can take no more: quietly with 0 when its reader has seen enough (`program | head`), else with
 * `failed` and the reason on stderr, such as a full disk. Errors of stderr are ignored: there is nowhere to report them.
 */
export function endWithOutput(program: string, failed: number, { stdout, stderr, exit }: Ending): void {
  stderr.on("error", () => undefined);
  stdout.on("error", (error) => {
    if (error.code === "EPIPE") return exit(0);
    stderr.write(`${program}: the output cannot be written: ${systemErrorReason(error)}\n`);
    exit(failed);
  });
}
