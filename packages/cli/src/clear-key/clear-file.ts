import { UsageError } from "@grep11/command-line";

/** A file that may contain a key in the clear, and a function that gets its passphrase. */
export interface ClearFile {
  /** The path of the file, for messages; "-" for stdin. */
  readonly path: string;
  readonly content: Uint8Array;
  /** Gets the passphrase of an encrypted key. It is called at most once per key. Errors: UsageError. */
  readonly passphrase: () => Promise<Uint8Array>;
}

/** Returns the path of the file, or "the input" for stdin, for use in a sentence. */
export function nameOf({ path }: Pick<ClearFile, "path">): string {
  return path === "-" ? "the input" : path;
}

/** Returns the path of the file, quoted for a shell command. For stdin it is the placeholder FILE. */
export function shellName({ path }: Pick<ClearFile, "path">): string {
  if (path === "-") return "FILE";
  return /^[\w./+@%:,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** Returns an error about the file. `text` says what the file is, why it is refused and what to do next. */
export function refusal(file: Pick<ClearFile, "path">, text: string): UsageError {
  return new UsageError(`${nameOf(file)} ${text}`);
}
