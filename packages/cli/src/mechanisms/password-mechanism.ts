/** Builds mechanisms that derive keys from passwords, such as `PKCS5_PBKD2:hash=sha256,iterations=600000,salt=...`. */
import { transcode } from "node:buffer";
import { UsageError, type Values } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { toHex } from "@grep11/encoding";
import { DEFINITIONS, definitionOf, takesPassword, textMembers } from "@grep11/mechanisms";
import { askNewSecret, type PASSWORD, readSecretFrom } from "../files/secret-source.ts";
import type { Io } from "../terminal/io.ts";
import { parameterOf, readMechanism } from "./mechanism-syntax.ts";

const SALT_BYTES = 16;
const NOTHING = new Uint8Array(0);

interface PasswordMechanism {
  readonly mech: ck.Mechanism;
  /** The parameters of --mech with which the same password gives the same key. */
  readonly parameters: string;
  /** Overwrites the parameter, which contains the password. */
  wipe(): void;
}

/** Reads the password and returns the mechanism. If no salt is given, the HSM generates one. Errors: UsageError, CkError. */
export async function passwordMechanism(
  hsm: ck.Ep11,
  io: Io,
  flags: Values<typeof PASSWORD> & { readonly mech: string | undefined },
  keyType: number,
  options: ck.CallOptions,
): Promise<PasswordMechanism> {
  const { mechanism, values } = readMechanism(flags.mech ?? "PKCS5_PBKD2");
  const name = ck.ckmName(mechanism);
  if (!takesPassword(mechanism)) {
    const known = DEFINITIONS.map((definition) => definition.mechanism).filter(takesPassword);
    throw new UsageError(`${name} does not derive keys from passwords; there are ${known.map(ck.ckmName).join(", ")}`);
  }
  if (mechanism === ck.CKM_PBE_SHA1_DES3_EDE_CBC && keyType !== ck.CKK_DES3) {
    throw new UsageError(`${name} makes des3 keys: give --type des3`);
  }
  const write = (salt: string, bytes: Uint8Array) =>
    parameterOf(mechanism, new Map([["salt", salt], ...values]), { password: bytes })!;
  // The given parameters are checked before the user is asked for a password.
  write("00", NOTHING);
  const source = { file: flags["password-file"], fd: flags["password-fd"], env: flags["password-env"] };
  const typed = await readSecretFrom(io, source, () => askNewSecret(io, "password"));
  const password = mechanism === ck.CKM_PBE_SHA1_DES3_EDE_CBC ? bmpString(typed) : typed;
  try {
    if (typed.length === 0) throw new UsageError("the password is empty");
    const salt = values.has("salt") ? "" : toHex((await hsm.generateRandom({ len: SALT_BYTES }, options)).rnd);
    const parameters = textOf(mechanism, write(salt, NOTHING));
    const parameter = write(salt, password);
    const wipe = () => void (parameter instanceof Uint8Array && parameter.fill(0));
    return { mech: { mechanism, parameter }, parameters, wipe };
  } finally {
    typed.fill(0);
    password.fill(0);
  }
}

/** Writes a parameter as text, with its keys in alphabetical order. */
function textOf(mechanism: number, given: ck.MechanismParameter): string {
  const { parameter } = definitionOf(mechanism)!;
  const value: Readonly<Record<string, unknown>> = parameter.read(given);
  const pairs = textMembers(parameter).map(({ name, key }) => {
    const member = value[name];
    return `${key}=${member instanceof Uint8Array ? toHex(member) : String(member)}`;
  });
  return pairs.toSorted().join(",");
}

/** Converts UTF-8 to UTF-16BE with two zero bytes at its end (RFC 7292, B.1). Uses bytes, because strings cannot be wiped. */
function bmpString(utf8: Uint8Array): Uint8Array {
  const wide = transcode(utf8, "utf8", "utf16le").swap16();
  const text = new Uint8Array(wide.length + 2);
  text.set(wide);
  wide.fill(0);
  return text;
}
