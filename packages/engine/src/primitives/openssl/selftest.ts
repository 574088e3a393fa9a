/** Compares OpenSSL called directly with node:crypto and @noble: its structures and symbols are not a stable interface. */

import { createECDH, generateKeyPairSync, hash as nodeHash, timingSafeEqual, verify } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { padLeft } from "@grep11/encoding";
import { ed25519ph } from "@noble/curves/ed25519.js";
import { P_256 } from "../ec/curves.ts";
import { absorb, type Compress, type CompressionName, finish, initialState } from "../hash/hash-state.ts";
import type { OpenSsl } from "./openssl.ts";

const MESSAGE = Uint8Array.from({ length: 500 }, (_, index) => index & 0xff);
/** A length that is not a multiple of any hash's block length. */
const SPLIT = 77;

/** Returns whether `compression`, the signatures and the points of `openSsl` agree with node:crypto. */
export function passesSelfTest(openSsl: OpenSsl, compression: Readonly<Record<CompressionName, Compress>>): boolean {
  try {
    return (
      (Object.keys(ck.HASHES) as ck.HashName[]).every((name) => hashes(name, compression)) &&
      signs(openSsl) &&
      multiplies(openSsl) &&
      signsPrehashed(openSsl)
    );
  } catch {
    return false;
  }
}

function hashes(name: ck.HashName, compression: Readonly<Record<CompressionName, Compress>>): boolean {
  const half = absorb(initialState(name), MESSAGE.subarray(0, SPLIT), compression);
  const digest = finish(absorb(half, MESSAGE.subarray(SPLIT), compression), compression);
  return timingSafeEqual(digest, nodeHash(name, MESSAGE, "buffer"));
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
  const { privateKey, publicKey } = generateKeyPairSync("ed25519", {
    privateKeyEncoding: { format: "der", type: "pkcs8" },
    publicKeyEncoding: { format: "der", type: "spki" },
  });
  const context = MESSAGE.subarray(0, SPLIT);
  const signature = openSsl.signInstance("Ed25519ph", privateKey, context, MESSAGE);
  privateKey.fill(0);
  const options = { context, zip215: false };
  return (
    ed25519ph.verify(signature, MESSAGE, publicKey.subarray(-32), options) &&
    openSsl.verifyInstance("Ed25519ph", publicKey, context, MESSAGE, signature) &&
    !openSsl.verifyInstance("Ed25519ph", publicKey, context, context, signature)
  );
}
