/** Represents a file that may contain a key in the clear, and the errors that refuse one. */
import { UsageError } from "@grep11/command-line";

/** The content of a file, and a function that gets its passphrase. */
export interface ClearFile {
  /** The path of the file, for messages. "-" is stdin. */
  readonly path: string;
  readonly content: Uint8Array;
  /** Returns the passphrase of an encrypted key. It is called at most once per key. Errors: UsageError that names the options. */
  readonly passphrase: () => Promise<Uint8Array>;
}

/** Returns the name of the file for use in a sentence. */
export function nameOf({ path }: Pick<ClearFile, "path">): string {
  return path === "-" ? "the input" : path;
}

/** Returns the name of the file, quoted for a shell command. */
export function shellName({ path }: Pick<ClearFile, "path">): string {
  if (path === "-") return "FILE";
  return /^[\w./+@%:,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** Returns an error that names the file, what it is, why it is refused and what to do next. */
export function refusal(file: Pick<ClearFile, "path">, what: string, why: string, next: string): UsageError {
  return new UsageError(`${nameOf(file)} ${what}: ${why}. ${next}`);
}
