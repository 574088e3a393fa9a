/** Everything that the program uses from its environment, in one object, so that tests can run commands without a process. */
import type * as ck from "@grep11/cryptoki";
import type { Settings } from "../connection/settings.ts";

/** An output stream. */
export interface Output {
  /** Writes data. Resolves when the stream accepts more. */
  write(data: Uint8Array | string): Promise<void>;
  readonly isTTY: boolean;
  /** The width in characters, if the stream is a terminal. */
  readonly columns: number;
}

/** An HSM and the connection to it. */
export interface Connection {
  readonly ep11: ck.Ep11;
  close(): void;
}

/** The environment of a run. */
export interface Io {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The directory to which paths are relative. */
  readonly cwd: string;
  /** Aborted when a signal asks the program to end. The reason is an Interruption. */
  readonly signal: AbortSignal;
  /** Prompts for a line at the terminal without echo. Errors: UsageError if there is no terminal. */
  readonly askSecret: (prompt: string) => Promise<Uint8Array>;
  /** Loads the transport, which takes long, and returns a function that uses it. */
  readonly loadTransport: () => Promise<(settings: Settings) => Connection>;
}
