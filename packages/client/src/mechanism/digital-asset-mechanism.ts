/** Builders of IBM's mechanisms for digital assets: hierarchical keys, Schnorr and BLS signatures. Source: ep11.h. */
import * as ck from "@grep11/cryptoki";
import { concatenateAll, wireForm } from "@grep11/encoding";

const NOTHING = new Uint8Array(0);

/** From 2^31 on, child numbers mean hardened children. */
export const HARDENED = 0x80000000;

const BTC_TYPES = {
  BIP32: {
    master: ck.CK_IBM_BTC_BIP0032_MASTERK,
    "private-to-private": ck.CK_IBM_BTC_BIP0032_PRV2PRV,
    "private-to-public": ck.CK_IBM_BTC_BIP0032_PRV2PUB,
    "public-to-public": ck.CK_IBM_BTC_BIP0032_PUB2PUB,
  },
  "SLIP-0010": {
    master: ck.CK_IBM_BTC_SLIP0010_MASTERK,
    "private-to-private": ck.CK_IBM_BTC_SLIP0010_PRV2PRV,
    "private-to-public": ck.CK_IBM_BTC_SLIP0010_PRV2PUB,
    "public-to-public": ck.CK_IBM_BTC_SLIP0010_PUB2PUB,
  },
} as const;

/** One step in a tree of keys: from a seed, or from a key to its child. */
export type TreeStep = keyof (typeof BTC_TYPES)["BIP32"];

/** What {@link btcDerive} takes. */
export interface BtcDeriveOptions {
  readonly standard: keyof typeof BTC_TYPES;
  readonly step: TreeStep;
  /** Number of the child; {@link HARDENED} more for a hardened one. Not for master keys. */
  readonly index?: number;
  /** The parent's chain code, 32 bytes: the check sum that deriving the parent answered. Not for master keys. */
  readonly chainCode?: Uint8Array;
}

/**
 * CKM_IBM_BTC_DERIVE: one step of BIP 32 (secp256k1) or SLIP-0010 (secp256k1, P-256, Ed25519; the curve is the template's
 * CKA_EC_PARAMS). The check sum of the answer is the new chain code. `deriveKeyPath` walks a whole path.
 */
export function btcDerive({ standard, step, index = 0, chainCode = NOTHING }: BtcDeriveOptions): ck.Mechanism {
  return {
    mechanism: ck.CKM_IBM_BTC_DERIVE,
    parameter: {
      type: "BTCDeriveParm",
      deriveType: BTC_TYPES[standard][step],
      childKeyIndex: index,
      chainCode,
      version: ck.CK_IBM_BTC_DERIVE_PARAMS_VERSION_1,
    },
  };
}

const ETH_TYPES = {
  master: ck.CK_IBM_ETH_EIP2333_MASTERK,
  "private-to-private": ck.CK_IBM_ETH_EIP2333_PRV2PRV,
  "private-to-public": ck.CK_IBM_ETH_EIP2333_PRV2PUB,
} as const;

/** CKM_IBM_ETH_DERIVE: one step of EIP-2333 on BLS12-381; `keyInfo` has at most 32 bytes. */
export function ethDerive(options: {
  step: keyof typeof ETH_TYPES;
  index?: number;
  keyInfo?: Uint8Array;
}): ck.Mechanism {
  const { step, index = 0, keyInfo = NOTHING } = options;
  const versions = [ck.CK_IBM_ETH_DERIVE_PARAMS_VERSION_1, ck.CK_IBM_ETH_SIG_VERSION_4];
  const parameter = wireForm([ETH_TYPES[step], index, keyInfo.length, ...versions], keyInfo);
  return { mechanism: ck.CKM_IBM_ETH_DERIVE, parameter };
}

function ecdsaOther(ecsgType: number): ck.Mechanism {
  return { mechanism: ck.CKM_IBM_ECDSA_OTHER, parameter: { type: "ECSGParm", ecsgType } };
}

/** CKM_IBM_ECDSA_OTHER with EC-SDSA (ISO/IEC 14888-3), a Schnorr signature with SHA-256 on a curve of 256 bits; in one call. */
export function ecSdsa(): ck.Mechanism {
  return ecdsaOther(ck.CKM_IBM_ECSDSA_RAND);
}

/** CKM_IBM_ECDSA_OTHER with Zilliqa's Schnorr signature on a curve of 256 bits; in one call. */
export function zilliqaSchnorr(): ck.Mechanism {
  return ecdsaOther(ck.CKM_IBM_ECSDSA_COMPR_MULTI);
}

/** CKM_IBM_ECDSA_OTHER with BLS signatures on BLS12-381; in one call. Verifies against several public keys, concatenated. */
export function bls(): ck.Mechanism {
  return ecdsaOther(ck.CKM_IBM_BLS);
}

/** CKM_GREP11_SCHNORR_BIP340 on secp256k1: this project's own number; IBM's cards do not know it. In one call. */
export function schnorrBip340(): ck.Mechanism {
  return { mechanism: ck.CKM_GREP11_SCHNORR_BIP340 };
}

function aggregate(mode: number, elements: readonly Uint8Array[]): ck.Mechanism {
  const size = elements[0]?.length ?? 0;
  if (elements.some(({ length }) => length !== size))
    throw ck.CkError.mechanismParamInvalid("elements differ in length");
  return {
    mechanism: ck.CKM_IBM_EC_AGGREGATE,
    parameter: { type: "ECAGGParm", version: 0, mode, perElementSize: size, elements: concatenateAll(elements) },
  };
}

/**
 * CKM_IBM_EC_AGGREGATE for SignSingle, without key and data: the sum of 1 to 12 BLS signatures.
 * Errors: CKR_MECHANISM_PARAM_INVALID for elements of different lengths.
 */
export function aggregateSignatures(signatures: readonly Uint8Array[]): ck.Mechanism {
  return aggregate(1, signatures);
}

/**
 * CKM_IBM_EC_AGGREGATE for DeriveKey, without base key: the sum of 1 to 12 BLS public keys. It vouches for each of their
 * owners only if all have proved to possess their private keys. Errors: as {@link aggregateSignatures}.
 */
export function aggregatePublicKeys(publicKeys: readonly ck.KeyArgument[]): ck.Mechanism {
  return aggregate(2, publicKeys.map(ck.sealedBytes));
}
