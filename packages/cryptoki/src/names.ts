/**
 * Converts PKCS #11 numbers to names and back. A number without a name becomes `CKM_0x80010031`, which can be converted back. If
 * several names have the same number, a name that is not deprecated is preferred, then the shortest.
 */
import * as cka from "./gen/cka.ts";
import * as ckf from "./gen/ckf.ts";
import * as ckk from "./gen/ckk.ts";
import * as ckm from "./gen/ckm.ts";
import * as cko from "./gen/cko.ts";
import * as ckr from "./gen/ckr.ts";
import * as controlPoints from "./gen/control-points.ts";
import * as parameters from "./gen/parameters.ts";

/**
 * Names that are not preferred: deprecated spellings, and the variants of CKM_IBM_ECDSA_OTHER, whose numbers start at 1 and so
 * collide with those of mechanisms.
 */
const DEPRECATED = new Set([
  "CKK_ECDSA",
  "CKM_ECDSA_KEY_PAIR_GEN",
  "CKA_SUB_PRIME_BITS",
  "CKA_SECONDARY_AUTH",
  "CKM_IBM_EC_C25519",
  "CKM_IBM_EC_C448",
  "CKM_IBM_EDDSA_SHA512",
  "CKM_IBM_BLS",
  "CKM_IBM_ECSDSA_RAND",
  "CKM_IBM_ECSDSA_COMPR_MULTI",
]);

function isPreferred(name: string, known: string): boolean {
  if (DEPRECATED.has(known)) return true;
  return !DEPRECATED.has(name) && name.length < known.length;
}

/** The names of the constants with one prefix. */
interface NameTable {
  /** Returns the name of `value`, or the prefix and the number in hexadecimal if it has no name. */
  readonly nameOf: (value: number) => string;
  /** Returns the number of `name`, which may lack its prefix or be a number; undefined if it is unknown. */
  readonly numberOf: (name: string) => number | undefined;
  /** Returns all names, including aliases. */
  readonly names: () => readonly string[];
  /** Returns all numbers that have a name. */
  readonly numbers: () => readonly number[];
}

/** Returns the table of `constants`, which is built at its first use, because most programs use few of the tables. */
function nameTable(prefix: string, constants: Readonly<Record<string, number>>): NameTable {
  let built: { byName: Map<string, number>; byNumber: Map<number, string> } | undefined;
  const table = () => {
    if (built !== undefined) return built;
    const byName = new Map(Object.entries(constants).filter(([name]) => name.startsWith(prefix)));
    const byNumber = new Map<number, string>();
    for (const [name, value] of byName) {
      const known = byNumber.get(value);
      if (known === undefined || isPreferred(name, known)) byNumber.set(value, name);
    }
    built = { byName, byNumber };
    return built;
  };
  return {
    nameOf: (value) => table().byNumber.get(value) ?? `${prefix}0x${value.toString(16).padStart(8, "0")}`,
    numberOf(name) {
      const { byName } = table();
      const known = byName.get(name) ?? byName.get(prefix + name);
      if (known !== undefined) return known;
      const digits = name.startsWith(prefix) ? name.slice(prefix.length) : name;
      return /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(digits) ? Number(digits) : undefined;
    },
    names: () => [...table().byName.keys()],
    numbers: () => [...table().byNumber.keys()],
  };
}

export const { nameOf: ckmName, numberOf: ckmNumber, names: ckmNames }: NameTable = nameTable("CKM_", ckm);
export const { nameOf: ckaName, numberOf: ckaNumber, names: ckaNames }: NameTable = nameTable("CKA_", cka);
export const { nameOf: ckrName, numberOf: ckrNumber }: NameTable = nameTable("CKR_", ckr);
export const { nameOf: ckkName, numberOf: ckkNumber }: NameTable = nameTable("CKK_", ckk);
export const { nameOf: ckoName, numberOf: ckoNumber }: NameTable = nameTable("CKO_", cko);
export const { nameOf: ckdName, numberOf: ckdNumber }: NameTable = nameTable("CKD_", parameters);
export const { nameOf: ckgName, numberOf: ckgNumber }: NameTable = nameTable("CKG_", parameters);
export const {
  nameOf: xcpCpbName,
  numberOf: xcpCpbNumber,
  numbers: xcpCpbNumbers,
}: NameTable = nameTable("XCP_CPB_", controlPoints);

const ATTRIBUTES: ReadonlySet<number> = new Set(Object.values(cka));
/** The first numbers of vendor ranges. They are not attributes themselves. */
const ATTRIBUTE_BASES: readonly number[] = [cka.CKA_VENDOR_DEFINED, cka.CKA_VENDOR_DEFINED_GREP11, cka.CKA_NSS];

/**
 * Whether `attribute` is a CKA_* of PKCS #11, EP11 or GREP11. Other numbers belong to other vendors, and their values can have
 * any kind.
 */
export function isKnownAttribute(attribute: number): boolean {
  return ATTRIBUTES.has(attribute) && !ATTRIBUTE_BASES.includes(attribute);
}

const MECHANISM_FLAGS =
  "HW ENCRYPT DECRYPT DIGEST SIGN VERIFY GENERATE GENERATE_KEY_PAIR WRAP UNWRAP DERIVE EC_F_P EC_NAMEDCURVE EC_UNCOMPRESS"
    .split(" ")
    .map((name) => `CKF_${name}`);
const ckfNumber = nameTable("CKF_", ckf).numberOf;

/** Returns the names of the mechanism flags that are set in `flags` of CK_MECHANISM_INFO (PKCS #11 v3.2, 3.5 and 6.3). */
export function ckfNames(flags: number): string[] {
  return MECHANISM_FLAGS.filter((name) => (flags & ckfNumber(name)!) !== 0);
}
