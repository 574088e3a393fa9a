/** What a program does when nobody can read what it prints. */

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
    stderr.write(`${program}: the output cannot be written: ${reasonOf(error)}\n`);
    exit(failed);
  });
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "ENOSPC":
      return "the disk is full (ENOSPC); free some space, or write somewhere else";
    case "EDQUOT":
      return "the disk quota of this user is used up (EDQUOT)";
    case "EFBIG":
      return "the file would be larger than this user or file system may have (EFBIG)";
    case "EIO":
      return "the device does not work (EIO)";
    default:
      return message;
  }
}
