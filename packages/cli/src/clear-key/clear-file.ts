/** A file that may contain a key in clear, and the errors that refuse one. */
import { UsageError } from "@grep11/command-line";

/** The content of a file, and how to get its passphrase. */
export interface ClearFile {
  /** Its path, for messages; - is stdin. */
  readonly path: string;
  readonly content: Uint8Array;
  /** Gets the passphrase of an encrypted key; called at most once per key. Errors: UsageError that names the options. */
  readonly passphrase: () => Promise<Uint8Array>;
}

/** The name of the file in a sentence. */
export function nameOf({ path }: Pick<ClearFile, "path">): string {
  return path === "-" ? "the input" : path;
}

/** The name of the file, quoted for a shell command. */
export function shellName({ path }: Pick<ClearFile, "path">): string {
  if (path === "-") return "FILE";
  return /^[\w./+@%:,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** An error that names the file, what it is, why it is refused and what to do next. */
export function refusal(file: Pick<ClearFile, "path">, what: string, why: string, next: string): UsageError {
  return new UsageError(`${nameOf(file)} ${what}: ${why}. ${next}`);
}
