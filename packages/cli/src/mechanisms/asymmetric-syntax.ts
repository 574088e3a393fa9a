/** How mechanisms with key pairs are written that take a parameter: signatures and key transport. */
import { mechanism as build } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import {
  hashIn,
  optional,
  optionalFlag,
  optionalHex,
  requireChoice,
  type Syntax,
  type Values,
} from "./parameter-syntax.ts";

const AES_BITS = { "128": 128, "192": 192, "256": 256 } as const;

function aesBits(values: Values): { aesBits?: 128 | 192 | 256 } {
  return optional("aesBits", values.has("bits") ? requireChoice(values, "bits", AES_BITS) : undefined);
}

const RSA_AES: Syntax = {
  keys: ["bits", "hash", "mgf", "label"],
  parse: (values) => {
    const hash = hashIn(values);
    const mgf = values.has("mgf") ? hashIn(values, "mgf") : hash;
    return build.rsaAesKeyWrap({ hash, mgf, ...optional("label", optionalHex(values, "label")), ...aesBits(values) })
      .parameter;
  },
};

const ECDH_AES: Syntax = {
  keys: ["bits", "kdf", "shared"],
  parse: (values) =>
    build.ecdhAesKeyWrap({
      kdf: hashIn(values, "kdf"),
      ...optional("sharedData", optionalHex(values, "shared")),
      ...aesBits(values),
    }).parameter,
};

const EDDSA: Syntax = {
  keys: ["context", "prehash"],
  parse: (values) =>
    build.eddsa({ ...optional("context", optionalHex(values, "context")), prehash: optionalFlag(values, "prehash") })
      .parameter,
};

/** The type names of CKM_IBM_ECDSA_OTHER. */
const ECDSA_OTHER: Syntax = {
  keys: ["type"],
  parse: (values) =>
    requireChoice(values, "type", { ecsdsa: build.ecSdsa, zilliqa: build.zilliqaSchnorr, bls: build.bls })().parameter,
};

function contextIn(values: Values): { context?: Uint8Array; deterministic: boolean } {
  return {
    ...optional("context", optionalHex(values, "context")),
    deterministic: optionalFlag(values, "deterministic"),
  };
}

const IBM_ML_DSA: Syntax = {
  keys: ["context", "deterministic"],
  parse: (values) => build.mlDsa(contextIn(values)).parameter,
};

/** The standard mechanisms share one form. */
const ML_DSA: Syntax = {
  keys: ["context", "deterministic"],
  parse: (values) => build.hashMlDsa({ hash: "sha256", ...contextIn(values) }).parameter,
};

const HASH_ML_DSA: Syntax = {
  keys: ["hash", "context", "deterministic"],
  parse: (values) => build.hashMlDsaOfDigest({ hash: hashIn(values), ...contextIn(values) }).parameter,
};

const SLH_DSA: Syntax = {
  keys: ["context"],
  parse: (values) => build.slhDsa(optional("context", optionalHex(values, "context"))).parameter,
};

/** By CKM_*. */
export const ASYMMETRIC_SYNTAX: readonly (readonly [number, Syntax])[] = [
  [ck.CKM_RSA_AES_KEY_WRAP, RSA_AES],
  [ck.CKM_ECDH_AES_KEY_WRAP, ECDH_AES],
  [ck.CKM_ECDH_COF_AES_KEY_WRAP, ECDH_AES],
  [ck.CKM_ECDH_X_AES_KEY_WRAP, ECDH_AES],
  [ck.CKM_EDDSA, EDDSA],
  [ck.CKM_IBM_ECDSA_OTHER, ECDSA_OTHER],
  [ck.CKM_IBM_ML_DSA, IBM_ML_DSA],
  [ck.CKM_ML_DSA, ML_DSA],
  [ck.CKM_HASH_ML_DSA, HASH_ML_DSA],
  [ck.CKM_HASH_ML_DSA_SHA224, ML_DSA],
  [ck.CKM_HASH_ML_DSA_SHA256, ML_DSA],
  [ck.CKM_HASH_ML_DSA_SHA384, ML_DSA],
  [ck.CKM_HASH_ML_DSA_SHA512, ML_DSA],
  [ck.CKM_HASH_ML_DSA_SHA3_224, ML_DSA],
  [ck.CKM_HASH_ML_DSA_SHA3_256, ML_DSA],
  [ck.CKM_HASH_ML_DSA_SHA3_384, ML_DSA],
  [ck.CKM_HASH_ML_DSA_SHA3_512, ML_DSA],
  [ck.CKM_HASH_ML_DSA_SHAKE128, ML_DSA],
  [ck.CKM_HASH_ML_DSA_SHAKE256, ML_DSA],
  [ck.CKM_SLH_DSA, SLH_DSA],
];
