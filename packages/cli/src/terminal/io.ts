/** Defines what the program uses from its process. Tests replace it, so they can run commands without a process of their own. */
import type * as ck from "@grep11/cryptoki";
import type { Settings } from "../connection/settings.ts";

export interface Output {
  /** Writes data, and resolves when the stream accepts more. */
  write(data: Uint8Array | string): Promise<void>;
  readonly isTTY: boolean;
  /** The width of the terminal in characters. */
  readonly columns: number;
}

export interface Connection {
  readonly ep11: ck.Ep11;
  close(): void;
}

export interface Io {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Paths are relative to this directory. */
  readonly cwd: string;
  /** It is aborted when the process gets a signal to end. Its reason is then an Interruption. */
  readonly signal: AbortSignal;
  /** Prompts for a line at the terminal without echo. Errors: UsageError if there is no terminal. */
  readonly askSecret: (prompt: string) => Promise<Uint8Array>;
  /** Loads the transport, which takes long, and returns a function that uses it. */
  readonly loadTransport: () => Promise<(settings: Settings) => Connection>;
}
