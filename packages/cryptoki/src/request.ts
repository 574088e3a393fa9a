/**
 * Checks the types of a request's fields when a program calls a method of Ep11. The TypeScript compiler makes the same checks,
 * but programs in JavaScript need an error that names the wrong field.
 */
import type * as ep11 from "./ep11.ts";
import { CkError } from "./error.ts";
import { CKR_ARGUMENTS_BAD, CKR_ATTRIBUTE_VALUE_INVALID, CKR_MECHANISM_PARAM_INVALID } from "./gen/ckr.ts";
import { ckaName } from "./names.ts";
import type { MechanismParameter } from "./types.ts";

type Ep11 = ep11.Ep11;
type RequestOf<M extends keyof Ep11> = Parameters<Ep11[M]>[0];

/** Returns the error for the `value` of the field `path`; undefined if it is valid. */
type Check = (value: unknown, path: string) => CkError | undefined;
/** A check for each field of `T`. */
type Checks<T> = { readonly [K in keyof T]-?: Check };
type Structure = Exclude<MechanismParameter, Uint8Array>;

/** Describes the type of `value`, and never its content, which may be a secret. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") {
    if (!Number.isInteger(value)) return "a number that is not an integer";
    return value < 0 ? "a negative number" : "a number beyond 2^53";
  }
  if (typeof value !== "object") return `a ${typeof value}`;
  const { name } = value.constructor ?? {};
  return name === undefined || name === "Object" ? "an object" : `a value of the class ${name}`;
}

function expected(what: string, value: unknown, path: string, rv = CKR_ARGUMENTS_BAD): CkError {
  const got = typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? "a number" : kindOf(value);
  return new CkError(rv, `${path}: expected ${what}, got ${got}`);
}

function isInteger(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const INTEGER = "an integer from 0 to 2^53 - 1";

function integer(rv = CKR_ARGUMENTS_BAD): Check {
  return (value, path) => (isInteger(value) ? undefined : expected(INTEGER, value, path, rv));
}

function bytes(rv = CKR_ARGUMENTS_BAD): Check {
  return (value, path) => (value instanceof Uint8Array ? undefined : expected("a Uint8Array", value, path, rv));
}

function optional(check: Check): Check {
  return (value, path) => (value === undefined ? undefined : check(value, path));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Returns the error for the first field of `value` that fails its check. */
function faultIn(value: Readonly<Record<string, unknown>>, checks: readonly (readonly [string, Check])[], before = "") {
  for (const [name, check] of checks) {
    const fault = check(value[name], `${before}${name}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const key: Check = (value, path) => {
  if (value instanceof Uint8Array) return undefined;
  if (!isObject(value) || !Array.isArray(value.keyBlobs)) return expected("a key: a KeyBlob or its bytes", value, path);
  return value.keyBlobs.length === 0 ? undefined : bytes()(value.keyBlobs[0], `${path}.keyBlobs[0]`);
};

const template: Check = (value, path) => {
  if (!(value instanceof Map)) return expected("a Map from CKA_* to values, as template() makes it", value, path);
  for (const [attribute, content] of value as Map<unknown, unknown>) {
    if (!isInteger(attribute)) return expected("the numbers of attributes (CKA_*) as keys", attribute, path);
    if (typeof content === "boolean" || content instanceof Uint8Array || isInteger(content)) continue;
    const name = `${path}.${ckaName(attribute as number)}`;
    return expected(`a boolean, ${INTEGER} or a Uint8Array`, content, name, CKR_ATTRIBUTE_VALUE_INVALID);
  }
  return undefined;
};

const attributes: Check = (value, path) => {
  if (!Array.isArray(value)) return expected("an array of attributes (CKA_*)", value, path);
  const wrong = value.findIndex((attribute) => !isInteger(attribute));
  return wrong < 0 ? undefined : expected("the number of an attribute (CKA_*)", value[wrong], `${path}[${wrong}]`);
};

/** Checks a key that is sent with its description. */
const wholeKey: Check = (value, path) => {
  const fault = key(value, path);
  if (fault !== undefined || value instanceof Uint8Array) return fault;
  const described: Checks<Omit<ep11.RewrapKeyBlobResponse["rewrappedKey"], "keyBlobs">> = {
    keyBlobId: bytes(),
    version: integer(),
    txId: bytes(),
    attributes: template,
  };
  return faultIn(value as Record<string, unknown>, Object.entries(described), `${path}.`);
};

const number = integer(CKR_MECHANISM_PARAM_INVALID);
const octets = bytes(CKR_MECHANISM_PARAM_INVALID);
const flag: Check = (value, path) =>
  typeof value === "boolean" ? undefined : expected("a boolean", value, path, CKR_MECHANISM_PARAM_INVALID);

const STRUCTURES: { readonly [S in Structure as S["type"]]: Checks<Omit<S, "type">> } = {
  RSAOAEPParm: { hashMech: number, mgf: number, encodingParm: optional(octets) },
  RSAPSSParm: { hashMech: number, mgf: number, saltByteCount: number },
  ECDH1DeriveParm: { kdf: number, sharedData: octets, publicData: octets },
  BTCDeriveParm: { deriveType: number, childKeyIndex: number, chainCode: octets, version: number },
  ECSGParm: { ecsgType: number },
  KyberKEMParm: {
    version: number,
    mode: number,
    kdf: number,
    prepend: flag,
    cipherText: octets,
    sharedData: octets,
    blob: octets,
  },
  ECAGGParm: { version: number, mode: number, perElementSize: number, elements: octets },
};

const STRUCTURE_CHECKS = new Map(
  Object.entries(STRUCTURES).map(([type, checks]) => [type, Object.entries<Check>(checks)]),
);

const parameter: Check = (value, path) => {
  if (value === undefined || value instanceof Uint8Array) return undefined;
  const checks = isObject(value) ? STRUCTURE_CHECKS.get(String(value.type)) : undefined;
  if (checks !== undefined) return faultIn(value as Record<string, unknown>, checks, `${path}.`);
  const types = [...STRUCTURE_CHECKS.keys()].join(", ");
  const what = `a Uint8Array or a structure with a type of ${types}`;
  return expected(what, value, path, CKR_MECHANISM_PARAM_INVALID);
};

const mech: Check = (value, path) => {
  if (!isObject(value)) return expected("a mechanism: { mechanism: CKM_*, parameter? }", value, path);
  return integer()(value.mechanism, `${path}.mechanism`) ?? parameter(value.parameter, `${path}.parameter`);
};

const data = bytes();
const state = bytes();

/** The checks of every method, in the order of the service definition. */
const REQUESTS: { readonly [M in keyof Ep11]: Checks<RequestOf<M>> } = {
  generateRandom: { len: integer() },
  digestInit: { mech },
  digest: { state, data },
  digestUpdate: { state, data },
  digestKey: { state, key },
  digestFinal: { state },
  digestSingle: { mech, data },
  encryptInit: { mech, key },
  decryptInit: { mech, key },
  encryptUpdate: { state, plain: data },
  decryptUpdate: { state, ciphered: data },
  encrypt: { state, plain: data },
  decrypt: { state, ciphered: data },
  encryptFinal: { state },
  decryptFinal: { state },
  encryptSingle: { mech, plain: data, key },
  decryptSingle: { mech, ciphered: data, key },
  signInit: { mech, privKey: key },
  verifyInit: { mech, pubKey: key },
  signUpdate: { state, data },
  verifyUpdate: { state, data },
  signFinal: { state },
  verifyFinal: { state, signature: data },
  sign: { state, data },
  verify: { state, data, signature: data },
  signSingle: { mech, data, privKey: optional(key) },
  verifySingle: { mech, data, signature: data, pubKey: key },
  reencryptSingle: { decMech: mech, encMech: mech, ciphered: data, decKey: key, encKey: key },
  generateKey: { mech, template },
  generateKeyPair: { mech, privKeyTemplate: template, pubKeyTemplate: template },
  wrapKey: { mech, key, kek: key, macKey: optional(key) },
  unwrapKey: { wrapped: data, mech, template, kek: optional(key), macKey: optional(key) },
  deriveKey: { mech, data: optional(data), template, baseKey: optional(key) },
  getMechanismList: {},
  getMechanismInfo: { mech: integer() },
  getAttributeValue: { object: data, attributes },
  setAttributeValue: { object: data, attributes: template },
  login: { storeid: data, pin: data },
  logout: {},
  rewrapKeyBlob: { wrappedKey: wholeKey },
};

/** The names of the 40 methods, in the order of the service definition. */
export const EP11_METHODS: readonly (keyof Ep11)[] = Object.keys(REQUESTS) as (keyof Ep11)[];

const REQUEST_CHECKS = new Map<string, readonly (readonly [string, Check])[]>(
  Object.entries(REQUESTS).map(([method, checks]) => [method, Object.entries<Check>(checks)]),
);

/**
 * Returns the error that says which field makes `request` invalid for `method`, or undefined if it is valid. Only types are
 * checked; the HSM checks the values. Methods without fields also accept undefined. The error is:
 * - CKR_MECHANISM_PARAM_INVALID for a field of `mech.parameter`,
 * - CKR_ATTRIBUTE_VALUE_INVALID for the value of an attribute,
 * - CKR_ARGUMENTS_BAD for any other field.
 */
export function requestFault(method: keyof Ep11, request: unknown): CkError | undefined {
  const checks = REQUEST_CHECKS.get(method)!;
  if (isObject(request)) return faultIn(request, checks);
  if (request === undefined && checks.length === 0) return undefined;
  const fields = checks.length === 0 ? "without fields" : `with ${checks.map(([name]) => name).join(", ")}`;
  return expected(`an object ${fields}`, request, `request of ${method}`);
}
