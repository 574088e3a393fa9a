/** How mechanisms with secret keys are written that IBM's cards do not have. */
import { mechanism as build } from "@grep11/client";
import { UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import {
  optionalHex,
  optionalNumber,
  requireHex,
  requireNumber,
  type Syntax,
  type Values,
} from "./parameter-syntax.ts";

/** A parameter that is one byte string. */
export function bytesSyntax(key: string): Syntax {
  return { keys: [key], parse: (values) => optionalHex(values, key) };
}

const CTR: Syntax = {
  keys: ["block", "bits"],
  parse: whenNamed("block", (values, block) => {
    const counterBits = optionalNumber(values, "bits");
    return build.aesCtr({ block, ...(counterBits === undefined ? {} : { counterBits }) });
  }),
};

const GCM: Syntax = {
  keys: ["iv", "aad", "tag"],
  parse: whenNamed("iv", (values, iv) => {
    const tagLength = optionalNumber(values, "tag");
    return build.aesGcm({ iv, ...aadOf(values), ...(tagLength === undefined ? {} : { tagLength }) });
  }),
};

const CCM: Syntax = {
  keys: ["length", "nonce", "aad", "mac"],
  parse: (values) => {
    const dataLength = requireNumber(values, "length");
    const macLength = optionalNumber(values, "mac");
    const nonce = requireHex(values, "nonce");
    return build.aesCcm({ dataLength, nonce, ...aadOf(values), ...(macLength === undefined ? {} : { macLength }) })
      .parameter;
  },
};

const CHACHA20: Syntax = {
  keys: ["nonce", "counter"],
  parse: (values) => {
    const counter = optionalNumber(values, "counter");
    return build.chacha20({ nonce: requireHex(values, "nonce"), ...(counter === undefined ? {} : { counter }) })
      .parameter;
  },
};

const CHACHA20_POLY1305: Syntax = {
  keys: ["nonce", "aad"],
  parse: whenNamed("nonce", (values, nonce) => build.chacha20Poly1305({ nonce, ...aadOf(values) })),
};

function cbcEncryptData(create: typeof build.aesCbcEncryptData): Syntax {
  return {
    keys: ["iv", "data"],
    parse: (values) => create({ iv: requireHex(values, "iv"), data: requireHex(values, "data") }).parameter,
  };
}

const MAC_LENGTH: Syntax = {
  keys: ["length"],
  parse: (values) => build.aesCmacGeneral(requireNumber(values, "length")).parameter,
};

/** By CKM_*. */
export const SYMMETRIC_SYNTAX: readonly (readonly [number, Syntax])[] = [
  [ck.CKM_AES_CTR, CTR],
  [ck.CKM_AES_GCM, GCM],
  [ck.CKM_AES_CCM, CCM],
  [ck.CKM_AES_GMAC, bytesSyntax("iv")],
  [ck.CKM_AES_XTS, bytesSyntax("tweak")],
  [ck.CKM_AES_KEY_WRAP, bytesSyntax("iv")],
  [ck.CKM_AES_KEY_WRAP_PAD, bytesSyntax("iv")],
  [ck.CKM_AES_KEY_WRAP_KWP, bytesSyntax("iv")],
  [ck.CKM_CHACHA20, CHACHA20],
  [ck.CKM_CHACHA20_POLY1305, CHACHA20_POLY1305],
  [ck.CKM_AES_ECB_ENCRYPT_DATA, bytesSyntax("data")],
  [ck.CKM_AES_CBC_ENCRYPT_DATA, cbcEncryptData(build.aesCbcEncryptData)],
  [ck.CKM_DES3_ECB_ENCRYPT_DATA, bytesSyntax("data")],
  [ck.CKM_DES3_CBC_ENCRYPT_DATA, cbcEncryptData(build.des3CbcEncryptData)],
  [ck.CKM_AES_CMAC_GENERAL, MAC_LENGTH],
  [ck.CKM_DES3_CMAC_GENERAL, MAC_LENGTH],
  [ck.CKM_SHA_1_HMAC_GENERAL, MAC_LENGTH],
  [ck.CKM_SHA224_HMAC_GENERAL, MAC_LENGTH],
  [ck.CKM_SHA256_HMAC_GENERAL, MAC_LENGTH],
  [ck.CKM_SHA384_HMAC_GENERAL, MAC_LENGTH],
  [ck.CKM_SHA512_HMAC_GENERAL, MAC_LENGTH],
  [ck.CKM_SHA512_224_HMAC_GENERAL, MAC_LENGTH],
  [ck.CKM_SHA512_256_HMAC_GENERAL, MAC_LENGTH],
  [ck.CKM_SHA3_224_HMAC_GENERAL, MAC_LENGTH],
  [ck.CKM_SHA3_256_HMAC_GENERAL, MAC_LENGTH],
  [ck.CKM_SHA3_384_HMAC_GENERAL, MAC_LENGTH],
  [ck.CKM_SHA3_512_HMAC_GENERAL, MAC_LENGTH],
];

/** The mechanism with the bytes of `key`; without them nothing, so that they are drawn or carried (carried-iv.ts). */
function whenNamed(key: string, create: (values: Values, bytes: Uint8Array) => ck.Mechanism): Syntax["parse"] {
  return (values) => {
    const bytes = optionalHex(values, key);
    if (bytes !== undefined) return create(values, bytes).parameter;
    if (values.size > 0) throw new UsageError(`${[...values.keys()].join(", ")} without ${key}=`);
    return undefined;
  };
}

function aadOf(values: Values): { aad?: Uint8Array } {
  const aad = optionalHex(values, "aad");
  return aad === undefined ? {} : { aad };
}
