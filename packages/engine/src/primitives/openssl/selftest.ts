/**
 * Compares OpenSSL called directly with node:crypto and a published signature, because OpenSSL's structures and symbols
 * are not a stable interface. This runs whenever an engine starts, so it loads and computes as little as possible.
 */

import { createECDH, generateKeyPairSync, hash as nodeHash, timingSafeEqual, verify } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { fromHex, padLeft } from "@grep11/encoding";
import { P_256 } from "../ec/curves.ts";
import { absorb, type Compress, type CompressionName, finish, hashInit } from "../hash/hash-state.ts";
import { type Ciphers, NODE_CIPHERS } from "../symmetric/ciphers.ts";
import type { OpenSsl } from "./openssl.ts";

const MESSAGE = Uint8Array.from({ length: 500 }, (_, index) => index & 0xff);
/** This length is not a multiple of any hash's block length. */
const SPLIT = 77;

/** The test vector of Ed25519ph in RFC 8032, section 7.3. */
const PREHASHED = {
  message: Uint8Array.of(0x61, 0x62, 0x63),
  pkcs8: fromHex("302e020100300506032b657004220420833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42"),
  spki: fromHex("302a300506032b6570032100ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf"),
  signature: fromHex(
    "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406",
  ),
};
const NO_CONTEXT = new Uint8Array(0);

export function passesSelfTest(openSsl: OpenSsl, compression: Readonly<Record<CompressionName, Compress>>): boolean {
  try {
    return (
      (Object.keys(ck.HASHES) as ck.HashName[]).every((name) => hashes(name, compression)) &&
      encrypts(openSsl.ciphers) &&
      signs(openSsl) &&
      multiplies(openSsl) &&
      signsPrehashed(openSsl)
    );
  } catch {
    return false;
  }
}

function hashes(name: ck.HashName, compression: Readonly<Record<CompressionName, Compress>>): boolean {
  const half = absorb(hashInit(name), MESSAGE.subarray(0, SPLIT), compression);
  const digest = finish(absorb(half, MESSAGE.subarray(SPLIT), compression), compression);
  return timingSafeEqual(digest, nodeHash(name, MESSAGE, "buffer"));
}

function encrypts(ciphers: Ciphers): boolean {
  const [key, iv, blocks] = [MESSAGE.subarray(1, 33), MESSAGE.subarray(33, 49), MESSAGE.subarray(0, 32)];
  const inputs = { name: "aes-256-gcm", key, nonce: iv.subarray(0, 12), aad: MESSAGE, tagLength: 16 } as const;
  const sealed = ciphers.seal(inputs, MESSAGE);
  const [chained, expected] = [ciphers, NODE_CIPHERS].map((each) =>
    each.crypt("aes-256-cbc", "encrypt", key, iv, blocks),
  ) as [Uint8Array, Uint8Array];
  return (
    timingSafeEqual(sealed, NODE_CIPHERS.seal(inputs, MESSAGE)) &&
    timingSafeEqual(ciphers.open(inputs, sealed)!, MESSAGE) &&
    ciphers.open(inputs, sealed.with(0, sealed[0]! ^ 1)) === undefined &&
    timingSafeEqual(chained, expected) &&
    timingSafeEqual(ciphers.crypt("aes-256-cbc", "decrypt", key, iv, chained), blocks)
  );
}

function signs(openSsl: OpenSsl): boolean {
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "prime256v1",
    privateKeyEncoding: { format: "der", type: "pkcs8" },
    publicKeyEncoding: { format: "der", type: "spki" },
  });
  const digest = nodeHash("sha256", MESSAGE, "buffer");
  const signature = openSsl.signDigest(privateKey, digest);
  privateKey.fill(0);
  const other = nodeHash("sha256", digest, "buffer");
  return (
    verify("sha256", MESSAGE, { key: publicKey, format: "der", type: "spki" }, signature) &&
    openSsl.verifyDigest(publicKey, digest, signature) &&
    !openSsl.verifyDigest(publicKey, other, signature)
  );
}

function multiplies(openSsl: OpenSsl): boolean {
  const pair = createECDH("prime256v1");
  const point = pair.generateKeys();
  const privateValue = padLeft(pair.getPrivateKey(), P_256.privateBytes);
  const computed = openSsl.publicPoint(P_256, privateValue);
  privateValue.fill(0);
  return computed !== undefined && timingSafeEqual(computed, point);
}

function signsPrehashed(openSsl: OpenSsl): boolean {
  const { message, pkcs8, spki, signature } = PREHASHED;
  const context = MESSAGE.subarray(0, SPLIT);
  const withContext = openSsl.signInstance("Ed25519ph", pkcs8, context, message);
  return (
    timingSafeEqual(openSsl.signInstance("Ed25519ph", pkcs8, NO_CONTEXT, message), signature) &&
    openSsl.verifyInstance("Ed25519ph", spki, NO_CONTEXT, message, signature) &&
    openSsl.verifyInstance("Ed25519ph", spki, context, message, withContext) &&
    !openSsl.verifyInstance("Ed25519ph", spki, context, message, signature)
  );
}
