/** What a program does when its output cannot be written. */
import { systemErrorReason } from "./system-error.ts";

/** A stream to which a program prints. */
interface Printed {
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** The streams of a process and how it ends: the part of `process` that {@link endWithOutput} needs. */
interface Ending {
  readonly stdout: Printed;
  readonly stderr: Printed & { write(text: string): unknown };
  exit(code: number): void;
}

/**
 * Ends the process when writing to stdout fails: quietly with 0 if the reader has closed the pipe (`program | head`), else
 * with `failed` and the reason on stderr, such as a full disk. Errors of stderr are ignored: there is nowhere to report them.
 */
export function endWithOutput(program: string, failed: number, { stdout, stderr, exit }: Ending): void {
  stderr.on("error", () => undefined);
  stdout.on("error", (error) => {
    if (error.code === "EPIPE") return exit(0);
    stderr.write(`${program}: the output cannot be written: ${systemErrorReason(error)}\n`);
    exit(failed);
  });
}
