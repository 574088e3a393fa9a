/** The mechanism that makes a key of a password, from the options of key gen. */
import { UsageError, type Values } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { askNewSecret, type PASSWORD, readSecretFrom } from "../files/secret-source.ts";
import type { Io } from "../terminal/io.ts";
import { readMechanism } from "./mechanism-syntax.ts";
import { formatParameters, PASSWORD_SYNTAX, passwordParameters } from "./password-syntax.ts";

const SALT_BYTES = 16;

/** A mechanism with a password in its parameter. */
export interface PasswordMechanism {
  readonly mech: ck.Mechanism;
  /** What stands behind the colon of --mech to make the same key again. */
  readonly parameters: string;
  /** Overwrites the parameter. */
  wipe(): void;
}

/** Reads the password; a missing salt comes from the HSM. Errors: UsageError; those of GenerateRandom. */
export async function passwordMechanism(
  hsm: ck.Ep11,
  io: Io,
  flags: Values<typeof PASSWORD> & { readonly mech: string | undefined },
  keyType: number,
  options: ck.CallOptions,
): Promise<PasswordMechanism> {
  const { number, values } = readMechanism(flags.mech ?? "PKCS5_PBKD2");
  const syntax = PASSWORD_SYNTAX.get(number);
  if (syntax === undefined) {
    const known = [...PASSWORD_SYNTAX.keys()].map(ck.ckmName).join(", ");
    throw new UsageError(`${ck.ckmName(number)} makes no key of a password; there are ${known}`);
  }
  if (number === ck.CKM_PBE_SHA1_DES3_EDE_CBC && keyType !== ck.CKK_DES3) {
    throw new UsageError(`${ck.ckmName(number)} makes des3 keys: give --type des3`);
  }
  const written = passwordParameters(syntax, values);
  const source = { file: flags["password-file"], fd: flags["password-fd"], env: flags["password-env"] };
  const password = await readSecretFrom(io, source, () => askNewSecret(io, "password"));
  try {
    if (password.length === 0) throw new UsageError("the password is empty");
    const salt = written.salt ?? (await hsm.generateRandom({ len: SALT_BYTES }, options)).rnd;
    const mech = syntax.create({ ...written, salt }, password);
    const parameters = formatParameters(syntax, { ...written, salt });
    const wipe = () => void (mech.parameter instanceof Uint8Array && mech.parameter.fill(0));
    return { mech, parameters, wipe };
  } finally {
    password.fill(0);
  }
}
