/**
 * Parameters of IBM's vendor mechanisms: parsed once, here. Wire forms are those of docs/reference/ep11.md#parameter-forms;
 * everything wrong with a parameter is CKR_MECHANISM_PARAM_INVALID.
 */
import * as ck from "@grep11/cryptoki";
import { HARDENED } from "../../primitives/ec/slip10.ts";
import type { ParameterParser } from "../row.ts";
import { WireReader } from "./wire-reader.ts";

/** One step in a tree of keys. */
export type TreeStep = "master" | "private-to-private" | "private-to-public" | "public-to-public";

/** CKM_IBM_BTC_DERIVE. */
export interface BtcParameter {
  readonly standard: "BIP32" | "SLIP-0010";
  readonly step: TreeStep;
  /** 32 bits; from 2^31 on hardened. */
  readonly index: number;
  /** Empty for master keys, else 32 bytes. */
  readonly chainCode: Uint8Array;
}

const BTC_TYPES: ReadonlyMap<number, Pick<BtcParameter, "standard" | "step">> = new Map([
  [ck.CK_IBM_BTC_BIP0032_PRV2PRV, { standard: "BIP32", step: "private-to-private" }],
  [ck.CK_IBM_BTC_BIP0032_PRV2PUB, { standard: "BIP32", step: "private-to-public" }],
  [ck.CK_IBM_BTC_BIP0032_PUB2PUB, { standard: "BIP32", step: "public-to-public" }],
  [ck.CK_IBM_BTC_BIP0032_MASTERK, { standard: "BIP32", step: "master" }],
  [ck.CK_IBM_BTC_SLIP0010_PRV2PRV, { standard: "SLIP-0010", step: "private-to-private" }],
  [ck.CK_IBM_BTC_SLIP0010_PRV2PUB, { standard: "SLIP-0010", step: "private-to-public" }],
  [ck.CK_IBM_BTC_SLIP0010_PUB2PUB, { standard: "SLIP-0010", step: "public-to-public" }],
  [ck.CK_IBM_BTC_SLIP0010_MASTERK, { standard: "SLIP-0010", step: "master" }],
]);

/** BTCDeriveParm, or its wire form type ‖ index ‖ length of chain code ‖ chain code ‖ version. */
export const btcParameter: ParameterParser<BtcParameter> = (parameter) => {
  const parm = parameter instanceof Uint8Array ? btcFromWire(parameter) : parameter;
  if (parm?.type !== "BTCDeriveParm") throw ck.CkError.mechanismParamInvalid("the parameter is a BTCDeriveParm");
  const { childKeyIndex: index, chainCode } = parm;
  const kind = BTC_TYPES.get(parm.deriveType);
  requireThat(kind !== undefined, "the derivation type is not known");
  requireThat(parm.version === ck.CK_IBM_BTC_DERIVE_PARAMS_VERSION_1, "the version of a BTCDeriveParm is 1");
  requireIndex(index);
  const chainBytes = kind.step === "master" ? 0 : ck.CK_IBM_BTC_CHAINCODE_LENGTH;
  requireThat(chainCode.length === chainBytes, `the chain code has ${chainBytes} bytes`);
  requireThat(kind.step !== "public-to-public" || index < HARDENED, "a public key has no hardened children");
  return { ...kind, index, chainCode };
};

function btcFromWire(wire: Uint8Array): ck.BtcDeriveParm {
  const reader = new WireReader(wire);
  const deriveType = reader.number();
  const childKeyIndex = reader.number();
  const chainCode = reader.bytes(reader.number());
  return reader.end({ type: "BTCDeriveParm", deriveType, childKeyIndex, chainCode, version: reader.number() });
}

/** CKM_IBM_ETH_DERIVE. */
export interface EthParameter {
  readonly step: Exclude<TreeStep, "public-to-public">;
  /** 32 bits; EIP-2333 has no hardened children, all are. */
  readonly index: number;
  /** key_info of KeyGen, at most 32 bytes. */
  readonly keyInfo: Uint8Array;
}

const ETH_TYPES: ReadonlyMap<number, EthParameter["step"]> = new Map([
  [ck.CK_IBM_ETH_EIP2333_PRV2PRV, "private-to-private"],
  [ck.CK_IBM_ETH_EIP2333_PRV2PUB, "private-to-public"],
  [ck.CK_IBM_ETH_EIP2333_MASTERK, "master"],
]);

/** Longest key_info in bytes (ep11.h). */
const MAX_KEY_INFO_BYTES = 32;

/** Wire form type ‖ index ‖ length of key info ‖ version ‖ signature version ‖ key info: GREP11 has no message for it. */
export const ethParameter: ParameterParser<EthParameter> = (parameter) => {
  if (!(parameter instanceof Uint8Array)) throw ck.CkError.mechanismParamInvalid("the parameter is a byte string");
  const reader = new WireReader(parameter);
  const step = ETH_TYPES.get(reader.number());
  const index = reader.number();
  const infoBytes = reader.number();
  requireThat(step !== undefined, "the derivation type is not known");
  requireThat(reader.number() === ck.CK_IBM_ETH_DERIVE_PARAMS_VERSION_1, "the version of the parameter is 1");
  requireThat(reader.number() === ck.CK_IBM_ETH_SIG_VERSION_4, "the signature version is 4");
  requireThat(infoBytes <= MAX_KEY_INFO_BYTES, `key info has at most ${MAX_KEY_INFO_BYTES} bytes`);
  return reader.end({ step, index, keyInfo: reader.bytes(infoBytes) });
};

/**
 * Which of the suites of draft-irtf-cfrg-bls-signature BLS signatures belong to: the one with proofs of possession, or the
 * basic one.
 */
export type BlsSuite = "possession" | "basic";

/** CKM_IBM_ECDSA_OTHER: which signature. */
export type EcsgParameter = "ec-sdsa" | "zilliqa" | `bls-${BlsSuite}`;

/** Parser of an ECSGParm, or its type alone in 4 bytes. The suite of BLS is no caller's choice: IBM's type has one only. */
export function ecsgParameter(blsSuite: BlsSuite): ParameterParser<EcsgParameter> {
  const types = new Map<number | undefined, EcsgParameter>([
    [ck.CKM_IBM_ECSDSA_RAND, "ec-sdsa"],
    [ck.CKM_IBM_ECSDSA_COMPR_MULTI, "zilliqa"],
    [ck.CKM_IBM_BLS, `bls-${blsSuite}`],
  ]);
  return (parameter) => {
    const signature = types.get(parameter instanceof Uint8Array ? soleNumber(parameter) : ecsgType(parameter));
    requireThat(signature !== undefined, "the parameter is an ECSGParm of a known type");
    return signature;
  };
}

function ecsgType(parameter: ck.MechanismParameter | undefined): number | undefined {
  return parameter !== undefined && "ecsgType" in parameter ? parameter.ecsgType : undefined;
}

function soleNumber(wire: Uint8Array): number {
  const reader = new WireReader(wire);
  return reader.end(reader.number());
}

/** CKM_IBM_EC_AGGREGATE: the elements whose sum is wanted. */
export interface AggregateParameter {
  readonly of: "signatures" | "public-keys";
  readonly elements: readonly Uint8Array[];
}

const AGGREGATES: ReadonlyMap<number, AggregateParameter["of"]> = new Map([
  [1, "signatures"],
  [2, "public-keys"],
]);

/** ECAGGParm, or its wire form version ‖ mode ‖ size of an element ‖ length of all ‖ elements. 1 to 12 elements. */
export const aggregateParameter: ParameterParser<AggregateParameter> = (parameter) => {
  const parm = parameter instanceof Uint8Array ? aggregateFromWire(parameter) : parameter;
  if (parm?.type !== "ECAGGParm") throw ck.CkError.mechanismParamInvalid("the parameter is an ECAGGParm");
  const { perElementSize: size, elements } = parm;
  const of = AGGREGATES.get(parm.mode);
  const count = elements.length / size;
  requireThat(of !== undefined && parm.version === 0, "the version is 0, the mode 1 or 2");
  requireThat(
    Number.isInteger(count) && count >= 1 && count <= ck.CK_IBM_BLS_MAX_AGGREGATIONS,
    `1 to ${ck.CK_IBM_BLS_MAX_AGGREGATIONS} elements of equal size are aggregated`,
  );
  return { of, elements: Array.from({ length: count }, (_, at) => elements.subarray(at * size, (at + 1) * size)) };
};

function aggregateFromWire(wire: Uint8Array): ck.EcAggParm {
  const reader = new WireReader(wire);
  const [version, mode, perElementSize] = [reader.number(), reader.number(), reader.number()];
  return reader.end({ type: "ECAGGParm", version, mode, perElementSize, elements: reader.bytes(reader.number()) });
}

/** How a KEM's secret becomes a key. */
export interface KemParameter {
  readonly mode: "encapsulate" | "decapsulate";
  /** X9.63 with this hash; undefined: the secret itself. */
  readonly hash: ck.HashName | undefined;
  /** The KEM's secret comes before the other one, not behind it. */
  readonly prepend: boolean;
  readonly ciphertext: Uint8Array;
  readonly sharedData: Uint8Array;
  /** The sealed other secret of a hybrid; empty: there is none. */
  readonly blob: Uint8Array;
}

const KEM_MODES: ReadonlyMap<number, KemParameter["mode"]> = new Map([
  [ck.CK_IBM_ML_KEM_ENCAPSULATE, "encapsulate"],
  [ck.CK_IBM_ML_KEM_DECAPSULATE, "decapsulate"],
]);

const HYBRID_HASHES: ReadonlyMap<number, ck.HashName | undefined> = new Map([
  [ck.CKD_IBM_HYBRID_NULL, undefined],
  [ck.CKD_IBM_HYBRID_SHA1_KDF, "sha1"],
  [ck.CKD_IBM_HYBRID_SHA224_KDF, "sha224"],
  [ck.CKD_IBM_HYBRID_SHA256_KDF, "sha256"],
  [ck.CKD_IBM_HYBRID_SHA384_KDF, "sha384"],
  [ck.CKD_IBM_HYBRID_SHA512_KDF, "sha512"],
]);

/** KyberKEMParm. The order of its wire form is not public, so only the structure is taken. */
export const kemParameter: ParameterParser<KemParameter> = (parameter) => {
  if (parameter === undefined || !("cipherText" in parameter)) {
    throw ck.CkError.mechanismParamInvalid("the parameter is a KyberKEMParm");
  }
  const { kdf, prepend, cipherText: ciphertext, sharedData, blob } = parameter;
  const mode = KEM_MODES.get(parameter.mode);
  const hash = HYBRID_HASHES.get(kdf);
  requireThat(parameter.version === ck.CK_IBM_ML_KEM_VERSION, "the version of a KyberKEMParm is 0");
  requireThat(mode !== undefined, "the mode is encapsulate or decapsulate");
  requireThat(kdf === ck.CKD_NULL || HYBRID_HASHES.has(kdf), "the KDF is not known");
  requireThat(kdf === ck.CKD_NULL || blob.length > 0, "a hybrid KDF mixes in a second secret");
  requireThat(hash !== undefined || sharedData.length === 0, "only a hash takes shared data");
  requireThat(mode === "decapsulate" || ciphertext.length === 0, "encapsulating makes the ciphertext, it takes none");
  return { mode, hash, prepend, ciphertext, sharedData, blob };
};

/** As {@link kemParameter}; no parameter at all where one mechanism also makes the key pairs. */
export const kemOrNoParameter: ParameterParser<KemParameter | undefined> = (parameter) => {
  const absent = parameter === undefined || (parameter instanceof Uint8Array && parameter.length === 0);
  return absent ? undefined : kemParameter(parameter);
};

/** For `MechanismRow.parameterKeys`: the other secret of a hybrid. */
export function kemParameterKeys(parameter: KemParameter | undefined): readonly Uint8Array[] {
  return parameter === undefined || parameter.blob.length === 0 ? [] : [parameter.blob];
}

/** For `MechanismRow.parameterKeys`: the public keys that are aggregated. */
export function aggregateParameterKeys({ of, elements }: AggregateParameter): readonly Uint8Array[] {
  return of === "public-keys" ? elements : [];
}

function requireIndex(index: number): void {
  const fits = Number.isInteger(index) && index >= 0 && index < 2 * HARDENED;
  requireThat(fits, "a child number has 32 bits");
}

function requireThat(condition: boolean, detail: string): asserts condition {
  if (!condition) throw ck.CkError.mechanismParamInvalid(detail);
}
