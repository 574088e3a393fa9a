/** Handles output that cannot be written. */
import { systemErrorReason } from "./system-error.ts";

/** An output stream of a program. */
interface Printed {
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** The part of `process` that {@link endWithOutput} needs: its streams, and the function that ends it. */
interface Ending {
  readonly stdout: Printed;
  readonly stderr: Printed & { write(text: string): unknown };
  exit(code: number): void;
}

/**
 * Ends the process when writing to stdout fails. If the reader has closed the pipe (`program | head`), the exit code is 0 and
 * nothing is reported. Otherwise the exit code is `failed`, and the reason, such as a full disk, is printed on stderr. Errors of
 * stderr are ignored, because there is nowhere to report them.
 */
export function endWithOutput(program: string, failed: number, { stdout, stderr, exit }: Ending): void {
  stderr.on("error", () => undefined);
  stdout.on("error", (error) => {
    if (error.code === "EPIPE") return exit(0);
    stderr.write(`${program}: the output cannot be written: ${systemErrorReason(error)}\n`);
    exit(failed);
  });
}
