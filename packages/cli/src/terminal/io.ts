/** What the program touches of its surroundings, in one value, so that a test can run a command without a process. */
import type * as ck from "@grep11/cryptoki";
import type { Settings } from "../connection/settings.ts";

/** A stream the program writes to. */
export interface Output {
  /** Resolves when the stream wants more. */
  write(data: Uint8Array | string): Promise<void>;
  readonly isTTY: boolean;
  /** Width in characters where `isTTY`. */
  readonly columns: number;
}

/** An HSM and the connection to it. */
export interface Connection {
  readonly ep11: ck.Ep11;
  close(): void;
}

/** The surroundings of one run. */
export interface Io {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths start here. */
  readonly cwd: string;
  /** Aborted when a signal asks the program to end; the reason is an Interruption. */
  readonly signal: AbortSignal;
  /** Asks the person at the terminal for a line that is not shown. Errors: UsageError when there is no terminal. */
  readonly askSecret: (prompt: string) => Promise<Uint8Array>;
  readonly connect: (settings: Settings) => Connection;
}
