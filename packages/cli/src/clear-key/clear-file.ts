/** A file that may hold a key in clear, as it was read, and how it is refused. */
import { UsageError } from "@grep11/command-line";

/** The file and how to ask for its passphrase. */
export interface ClearFile {
  /** Its name, for messages; - is stdin. */
  readonly path: string;
  readonly content: Uint8Array;
  /** Gets the passphrase of an encrypted key; called at most once a key. Errors: UsageError that names the options. */
  readonly passphrase: () => Promise<Uint8Array>;
}

/** The name of the file in a sentence. */
export function nameOf({ path }: Pick<ClearFile, "path">): string {
  return path === "-" ? "the input" : path;
}

/** The name of the file in a command for a shell. */
export function shellName({ path }: Pick<ClearFile, "path">): string {
  if (path === "-") return "FILE";
  return /^[\w./+@%:,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** Says what the file is, why it is refused and what to do next. */
export function refusal(file: Pick<ClearFile, "path">, what: string, why: string, next: string): UsageError {
  return new UsageError(`${nameOf(file)} ${what}: ${why}. ${next}`);
}
