/**
 * Derives hierarchical keys by a path, such as `m/44'/0'/0'/0/1` (BIP 32, SLIP-0010) or `m/12381/3600/0/0` (EIP-2333).
 */
import * as ck from "@grep11/cryptoki";
import type { WrittenBy } from "@grep11/mechanisms";
import { btcDerive, ethDerive, HARDENED } from "../mechanism.ts";
import { ecParams } from "./curves.ts";
import { template } from "./template.ts";

/** A hierarchical key, with the chain code and the public key that are needed to derive its children. */
export interface TreeKey {
  readonly key: ck.KeyBlob;
  /** The chain code, which has 32 bytes. It is empty for EIP-2333, which does not use chain codes. */
  readonly chainCode: Uint8Array;
  /** The public key that belongs to a private key. Absent for public keys and master keys. */
  readonly publicKey?: ck.KeyBlob;
}

/** The arguments of {@link deriveKeyPath}. */
export interface KeyPathRequest {
  readonly scheme: "BIP32" | "SLIP-0010" | "EIP-2333";
  /**
   * The path, which begins at the seed (`m/44'/0'`) or at a key (`0/1`). Each step is a number below 2^31. `'`, `h` or
   * `H` after the number marks a hardened child, except in EIP-2333.
   */
  readonly path: string;
  /**
   * The key with which the path begins: the seed (a generic secret) for `m`, otherwise the parent key. It needs
   * CKA_DERIVE.
   */
  readonly base: ck.KeyArgument;
  /** The chain code of the base key, for paths that do not begin with `m`. */
  readonly chainCode?: Uint8Array;
  /** The curve; secp256k1 by default. BIP 32 requires secp256k1, and EIP-2333 requires BLS12-381. */
  readonly curve?: ck.CurveName;
  /** Whether `base` is a public key. If so, all of its children are public keys too, and they cannot be hardened. */
  readonly fromPublic?: boolean;
  /** Whether to derive the public key instead of the private key. */
  readonly toPublic?: boolean;
  /** The rights of the derived key. Intermediate keys are extractable only if the derived key is extractable. */
  readonly template: ck.Template;
  /**
   * The rights of the public key that is derived along with a private key. The default is CKA_VERIFY and CKA_DERIVE.
   */
  readonly publicTemplate?: ck.Template;
}

/**
 * Derives the key at the end of a path, with one DeriveKey call per step. Errors: CKR_ARGUMENTS_BAD for a path that is
 * invalid or does not fit the request, and the errors of DeriveKey.
 */
export async function deriveKeyPath(
  ep11: ck.Ep11,
  request: KeyPathRequest,
  options?: ck.CallOptions,
): Promise<TreeKey> {
  const steps = stepsOf(request);
  const curve = request.scheme === "EIP-2333" ? "BLS12-381" : (request.curve ?? "secp256k1");
  const shape = template({ CKA_KEY_TYPE: ck.CKK_EC, CKA_EC_PARAMS: ecParams(curve) });
  const derive = async (base: Base, { step, index }: Step, rights: ck.Template): Promise<TreeKey> => {
    const mech = mechanismOf(request.scheme, step, index, base.chainCode);
    const response = await ep11.deriveKey(
      { mech, baseKey: base.key, template: new Map([...shape, ...rights]) },
      options,
    );
    return { key: response.newKey, chainCode: response.checkSum };
  };
  let base: Base = { key: request.base, chainCode: request.chainCode ?? new Uint8Array(0) };
  for (const step of steps.slice(0, -1)) base = await derive(base, step, intermediateTemplate(request.template));
  const last = steps.at(-1)!;
  const made = await derive(base, last, request.template);
  if (last.step !== "private-to-private") return made;
  const rights = request.publicTemplate ?? template({ CKA_VERIFY: true, CKA_DERIVE: true });
  const publicKey = (await derive(base, { ...last, step: "private-to-public" }, rights)).key;
  return { ...made, publicKey };
}

interface Base {
  readonly key: ck.KeyArgument;
  readonly chainCode: Uint8Array;
}

interface Step {
  readonly step: WrittenBy<typeof ck.CKM_IBM_BTC_DERIVE>["step"];
  readonly index: number;
}

/** Returns the template of an intermediate key. */
function intermediateTemplate(last: ck.Template): ck.Template {
  const extractable = last.get(ck.CKA_EXTRACTABLE) === true;
  return template({ CKA_DERIVE: true, CKA_IBM_USE_AS_DATA: true, CKA_EXTRACTABLE: extractable });
}

function mechanismOf(
  scheme: KeyPathRequest["scheme"],
  step: Step["step"],
  index: number,
  chainCode: Uint8Array,
): ck.Mechanism {
  if (scheme !== "EIP-2333") {
    return btcDerive({ standard: scheme, step, index, ...(step === "master" ? {} : { chainCode }) });
  }
  if (step === "public-to-public") throw ck.CkError.argumentsBad("EIP-2333 does not derive from public keys");
  return ethDerive({ step, index });
}

function stepsOf({ scheme, path, base, fromPublic = false, toPublic = false }: KeyPathRequest): readonly Step[] {
  if (ck.sealedBytes(base).length === 0) throw ck.CkError.argumentsBad("there is no base key");
  const names = path === "" ? [] : path.split("/");
  const fromSeed = names[0] === "m";
  const indexes = (fromSeed ? names.slice(1) : names).map((name) => indexOf(name, scheme));
  if (fromSeed && fromPublic) throw ck.CkError.argumentsBad("a path from a public key does not begin at m");
  if (indexes.length === 0 && (!fromSeed || toPublic)) throw ck.CkError.argumentsBad("the path has no child");
  const steps = indexes.map((index, at): Step => {
    if (fromPublic) return { step: "public-to-public", index };
    const isLast = at === indexes.length - 1;
    return { step: isLast && toPublic ? "private-to-public" : "private-to-private", index };
  });
  return fromSeed ? [{ step: "master", index: 0 }, ...steps] : steps;
}

function indexOf(name: string, scheme: KeyPathRequest["scheme"]): number {
  const [, digits, mark] = /^(\d{1,10})(['hH]?)$/.exec(name) ?? [];
  const index = digits === undefined ? Number.NaN : Number(digits);
  const limit = scheme === "EIP-2333" ? 2 ** 32 : HARDENED;
  if (!(index < limit) || (mark !== "" && scheme === "EIP-2333")) {
    throw ck.CkError.argumentsBad(`"${name}" is not a child in a path of ${scheme}`);
  }
  return mark === "" ? index : index + HARDENED;
}
