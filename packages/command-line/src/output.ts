import { systemErrorReason } from "./system-error.ts";

/** The part of `process` that {@link endWithOutput} needs. */
interface Ending {
  readonly stdout: Pick<NodeJS.EventEmitter, "on">;
  readonly stderr: Pick<NodeJS.EventEmitter, "on"> & { write(text: string): unknown };
  exit(code: number): void;
}

/**
 * Ends the process when writing to stdout fails. If the reader has closed the pipe (`program | head`), the exit code is 0.
 * Otherwise the exit code is `failed`, and the reason, such as a full disk, is printed on stderr. Errors of stderr are ignored.
 */
export function endWithOutput(program: string, failed: number, { stdout, stderr, exit }: Ending): void {
  stderr.on("error", () => undefined);
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return exit(0);
    stderr.write(`${program}: the output cannot be written: ${systemErrorReason(error)}\n`);
    exit(failed);
  });
}
