/** Parses parameters in the form in which people write them: `key=value` for each member, with bytes in hexadecimal. */
import type * as ck from "@grep11/cryptoki";
import { EncodingError, fromHex } from "@grep11/encoding";
import type { AnyParameter } from "./definition.ts";
import type { Member } from "./layout/parameter.ts";

/** Thrown for a text that is not a valid parameter. */
export class ParameterTextError extends Error {
  override readonly name = "ParameterTextError";
}

/** Returns the members of `parameter` that can be given as text. Keys and passwords are passed separately. */
export function textMembers({ members }: AnyParameter): readonly Member[] {
  return members.filter(({ kind }) => kind !== "key" && kind !== "secret");
}

/**
 * Returns the length in bytes of the IV that is sent in front of the ciphertext if the caller omits it; undefined if there is no
 * such IV.
 */
export function carriedLength({ members }: AnyParameter): number | undefined {
  return members.find(({ carried }) => carried !== undefined)?.carried;
}

/** Returns `parameter` with `iv` as the IV that is sent with the ciphertext, and defaults for all other members. */
export function withCarried(parameter: AnyParameter, iv: Uint8Array): ck.MechanismParameter | undefined {
  const { name } = parameter.members.find(({ carried }) => carried !== undefined)!;
  return parameter.writeMembers({ [name]: iv });
}

/**
 * Returns the parameter that `texts` describe by key. Returns undefined if `texts` is empty and the IV is therefore chosen at
 * random or read from the ciphertext. `members` are members that are not given as text, by name, such as a password. Errors:
 * ParameterTextError; CKR_MECHANISM_PARAM_INVALID.
 */
export function parseParameter(
  parameter: AnyParameter,
  texts: ReadonlyMap<string, string>,
  members: Readonly<Record<string, unknown>> = {},
): ck.MechanismParameter | undefined {
  const known = textMembers(parameter);
  const unknown = [...texts.keys()].find((key) => !known.some((member) => member.key === key));
  if (unknown !== undefined) throw new ParameterTextError(`${unknown} is not known`);
  const carried = known.find((member) => member.carried !== undefined);
  if (carried !== undefined && !texts.has(carried.key)) {
    if (texts.size > 0) throw new ParameterTextError(`${[...texts.keys()].join(", ")} without ${carried.key}=`);
    return undefined;
  }
  const values = known.flatMap((member) => {
    const value = members[member.name] ?? memberValue(member, texts.get(member.key));
    return value === undefined ? [] : [[member.name, value] as const];
  });
  return parameter.writeMembers({ ...members, ...Object.fromEntries(values) });
}

function memberValue(member: Member, text: string | undefined): unknown {
  if (text !== undefined) return parsed(member, text);
  if (member.fallback !== undefined || member.optional) return member.fallback;
  throw new ParameterTextError(`the mechanism needs ${member.key}=${member.names?.join("|") ?? ""}`);
}

function parsed({ key, kind, names }: Member, text: string): unknown {
  switch (kind) {
    case "number":
      if (!/^\d{1,9}$/.test(text)) throw new ParameterTextError(`${key} is a number`);
      return Number(text);
    case "flag":
      if (text !== "true" && text !== "false") throw new ParameterTextError(`${key} is true or false`);
      return text === "true";
    case "choice": {
      const name = names!.find((each) => plain(each) === plain(text));
      if (name === undefined)
        throw new ParameterTextError(`${key}=${text} is not known; there are ${names!.join(", ")}`);
      return name;
    }
    default:
      return parseBytes(text, key);
  }
}

/** Normalises a name: SHA-256 and sha_256 mean sha256. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}

/**
 * Parses hexadecimal `text`, with or without 0x. The text 0x means no bytes. An empty text is refused, because it can
 * come from an unset shell variable. An IV or label that is empty by accident does harm. Errors: ParameterTextError.
 */
export function parseBytes(text: string, what: string): Uint8Array {
  if (text === "") throw new ParameterTextError(`${what} is empty: is a shell variable not set? write 0x for no bytes`);
  try {
    return fromHex(text.replace(/^0x/i, ""));
  } catch (error) {
    if (!(error instanceof EncodingError)) throw error;
    throw new ParameterTextError(`${what} is not hexadecimal: ${text}`);
  }
}
