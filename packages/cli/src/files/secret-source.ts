/** Reads secrets from a file, a file descriptor, an environment variable or the terminal. Others could see arguments. */
import { type Flags, UsageError } from "@grep11/command-line";
import type { Io } from "../terminal/io.ts";
import { readSecret } from "./files.ts";

const DESCRIPTOR = { kind: "integer", value: "N", min: 0, max: 65535 } as const;

export const PIN = {
  "pin-file": { kind: "text", value: "FILE", help: "file with the PIN" },
  "pin-fd": { ...DESCRIPTOR, help: "open file descriptor with the PIN" },
  "pin-env": { kind: "text", value: "VARIABLE", help: "environment variable with the PIN" },
} as const satisfies Flags;

export const PASSWORD = {
  "password-file": { kind: "text", value: "FILE", help: "file with the password" },
  "password-fd": { ...DESCRIPTOR, help: "open file descriptor with the password" },
  "password-env": { kind: "text", value: "VARIABLE", help: "environment variable with the password" },
} as const satisfies Flags;

export const PASSPHRASE = {
  "passphrase-file": { kind: "text", value: "FILE", help: "file with the passphrase of an encrypted private key" },
  "passphrase-fd": { ...DESCRIPTOR, help: "open file descriptor with the passphrase" },
  "passphrase-env": { kind: "text", value: "VARIABLE", help: "environment variable with the passphrase" },
} as const satisfies Flags;

/** The source that the options name. If all members are undefined, the source is the terminal. */
interface SecretSource {
  readonly file: string | undefined;
  readonly fd: number | undefined;
  readonly env: string | undefined;
}

/** Reads the secret, which the caller must wipe. `ask` reads it from the terminal. Errors: UsageError. */
export async function readSecretFrom(
  io: Io,
  { file, fd, env }: SecretSource,
  ask: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  if ([file, fd, env].filter((source) => source !== undefined).length > 1) {
    throw new UsageError("name one source of the secret: a file, a descriptor or a variable");
  }
  const source = file ?? fd;
  if (source !== undefined) return readSecret(io, source);
  if (env === undefined) return ask();
  const value = io.env[env];
  if (!value) throw new UsageError(`the environment variable ${env} is not set`);
  return new TextEncoder().encode(value);
}

/** Asks for a new secret at the terminal. It must be typed twice. Errors: UsageError. */
export async function askNewSecret(io: Io, what: string): Promise<Uint8Array> {
  const typed = await io.askSecret(`${what}: `);
  const again = await io.askSecret(`${what} again: `);
  const same = Buffer.from(typed).equals(again);
  again.fill(0);
  if (!same) throw new UsageError("the two inputs differ");
  return typed;
}
