/**
 * Converts PKCS #11 numbers to names and back. A number without a name becomes `CKM_0x80010031`, which can be converted back. If
 * several names have the same number, a name that is not deprecated is preferred, then the shortest.
 */
import * as controlPoints from "./control-points.ts";
import * as cka from "./gen/cka.ts";
import * as ckf from "./gen/ckf.ts";
import * as ckk from "./gen/ckk.ts";
import * as ckm from "./gen/ckm.ts";
import * as cko from "./gen/cko.ts";
import * as ckr from "./gen/ckr.ts";
import * as parameters from "./gen/parameters.ts";
import * as own from "./own-mechanisms.ts";

/** Looks up the constants with one prefix, by name and by number. */
class NameTable {
  readonly #prefix: string;
  readonly #byName: ReadonlyMap<string, number>;
  readonly #byNumber: ReadonlyMap<number, string>;

  constructor(prefix: string, constants: Readonly<Record<string, number>>) {
    const entries = Object.entries(constants).filter(([name]) => name.startsWith(prefix));
    this.#prefix = prefix;
    this.#byName = new Map(entries);
    const byNumber = new Map<number, string>();
    for (const [name, value] of entries) {
      const known = byNumber.get(value);
      if (known === undefined || preferred(name, known)) byNumber.set(value, name);
    }
    this.#byNumber = byNumber;
  }

  /** Returns the name of `value`, or the prefix and the number in hexadecimal if it has none. */
  nameOf(value: number): string {
    return this.#byNumber.get(value) ?? `${this.#prefix}0x${value.toString(16).padStart(8, "0")}`;
  }

  /** Whether `value` has a name. */
  has(value: number): boolean {
    return this.#byNumber.has(value);
  }

  /** All names, including aliases. */
  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** Returns the number of `name`, which may lack its prefix or be a number; undefined if it is unknown. */
  numberOf(name: string): number | undefined {
    const known = this.#byName.get(name) ?? this.#byName.get(this.#prefix + name);
    if (known !== undefined) return known;
    const digits = name.startsWith(this.#prefix) ? name.slice(this.#prefix.length) : name;
    return /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(digits) ? Number(digits) : undefined;
  }
}

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
function preferred(name: string, known: string): boolean {
  if (DEPRECATED.has(known)) return true;
  if (DEPRECATED.has(name)) return false;
  return name.length < known.length;
}

const mechanisms = new NameTable("CKM_", { ...ckm, ...own });
const attributes = new NameTable("CKA_", cka);
const returnValues = new NameTable("CKR_", ckr);
const keyTypes = new NameTable("CKK_", ckk);
const objectClasses = new NameTable("CKO_", cko);
const controlPointNames = new NameTable("XCP_CPB_", controlPoints);
const keyDerivationFunctions = new NameTable("CKD_", parameters);
const maskGenerationFunctions = new NameTable("CKG_", parameters);

export const ckmName = (value: number): string => mechanisms.nameOf(value);
/** All names of mechanisms. */
export const ckmNames = (): readonly string[] => mechanisms.names;
export const ckmNumber = (name: string): number | undefined => mechanisms.numberOf(name);
export const ckaName = (value: number): string => attributes.nameOf(value);
/** All names of attributes. */
export const ckaNames = (): readonly string[] => attributes.names;
export const ckaNumber = (name: string): number | undefined => attributes.numberOf(name);
export const ckrName = (value: number): string => returnValues.nameOf(value);
export const ckrNumber = (name: string): number | undefined => returnValues.numberOf(name);
export const ckkName = (value: number): string => keyTypes.nameOf(value);
export const ckkNumber = (name: string): number | undefined => keyTypes.numberOf(name);
export const ckoName = (value: number): string => objectClasses.nameOf(value);
export const ckoNumber = (name: string): number | undefined => objectClasses.numberOf(name);
export const ckdName = (value: number): string => keyDerivationFunctions.nameOf(value);
export const ckdNumber = (name: string): number | undefined => keyDerivationFunctions.numberOf(name);
export const xcpCpbName = (value: number): string => controlPointNames.nameOf(value);
export const xcpCpbNumber = (name: string): number | undefined => controlPointNames.numberOf(name);
export const ckgName = (value: number): string => maskGenerationFunctions.nameOf(value);
export const ckgNumber = (name: string): number | undefined => maskGenerationFunctions.numberOf(name);

/** The first numbers of vendor ranges. They are not attributes themselves. */
const ATTRIBUTE_BASES: ReadonlySet<number> = new Set([
  cka.CKA_VENDOR_DEFINED,
  cka.CKA_VENDOR_DEFINED_GREP11,
  cka.CKA_NSS,
]);

/**
 * Whether `attribute` is a CKA_* of PKCS #11, EP11 or GREP11. Other numbers belong to other vendors, and their values can have
 * any kind.
 */
export function isKnownAttribute(attribute: number): boolean {
  return attributes.has(attribute) && !ATTRIBUTE_BASES.has(attribute);
}

/** Returns the names of the mechanism flags that are set in `flags` of CK_MECHANISM_INFO (PKCS #11 v3.2, 3.5 and 6.3). */
export function ckfNames(flags: number): string[] {
  const known: readonly [number, string][] = [
    [ckf.CKF_HW, "CKF_HW"],
    [ckf.CKF_ENCRYPT, "CKF_ENCRYPT"],
    [ckf.CKF_DECRYPT, "CKF_DECRYPT"],
    [ckf.CKF_DIGEST, "CKF_DIGEST"],
    [ckf.CKF_SIGN, "CKF_SIGN"],
    [ckf.CKF_VERIFY, "CKF_VERIFY"],
    [ckf.CKF_GENERATE, "CKF_GENERATE"],
    [ckf.CKF_GENERATE_KEY_PAIR, "CKF_GENERATE_KEY_PAIR"],
    [ckf.CKF_WRAP, "CKF_WRAP"],
    [ckf.CKF_UNWRAP, "CKF_UNWRAP"],
    [ckf.CKF_DERIVE, "CKF_DERIVE"],
    [ckf.CKF_EC_F_P, "CKF_EC_F_P"],
    [ckf.CKF_EC_NAMEDCURVE, "CKF_EC_NAMEDCURVE"],
    [ckf.CKF_EC_UNCOMPRESS, "CKF_EC_UNCOMPRESS"],
  ];
  return known.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name);
}
