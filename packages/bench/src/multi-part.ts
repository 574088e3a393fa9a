/**
 * Target P13: provides operations on 1 KiB. A client can request each of them in three forms: as one call, as Init and
 * one call, or as Init and several Updates.
 */
import * as crypto from "node:crypto";
import { mechanism } from "@grep11/client";
import type * as ck from "@grep11/cryptoki";
import { workloadOf } from "./workloads.ts";

/** The functions to measure. `primitive` does the cryptography of `update` by a direct call of node:crypto. */
interface Operation {
  readonly single: () => Promise<unknown>;
  readonly split: () => Promise<unknown>;
  readonly update: () => Promise<unknown>;
  readonly primitive: () => unknown;
}

interface Requests {
  readonly encryptSingle: ck.EncryptSingleRequest;
  readonly signSingle: ck.SignSingleRequest & ck.SignInitRequest;
}

const KIB = new Uint8Array(1024).fill(0x5a);
const KEY = crypto.createSecretKey(crypto.randomBytes(32));
const hash = (): unknown => crypto.createHash("sha256").update(KIB);

/**
 * Each method returns the functions of one operation, with keys that `hsm` generates. `update` continues a message that
 * has already begun.
 */
export const MULTI_PART = {
  async encrypt(hsm: ck.Ep11): Promise<Operation> {
    const request = await requestOf("aes-cbc", "encryptSingle", hsm);
    const { plain } = request;
    const { state: begun } = await hsm.encryptUpdate({ ...(await hsm.encryptInit(request)), plain });
    return {
      single: () => hsm.encryptSingle(request),
      split: async () => hsm.encrypt({ ...(await hsm.encryptInit(request)), plain }),
      update: () => hsm.encryptUpdate({ state: begun, plain }),
      primitive: () => crypto.createCipheriv("aes-256-cbc", KEY, KIB.subarray(0, 16)).update(KIB),
    };
  },
  async digest(hsm: ck.Ep11): Promise<Operation> {
    const request = { mech: mechanism.digest("sha256"), data: KIB };
    const { state: begun } = await hsm.digestUpdate({ ...(await hsm.digestInit(request)), data: KIB });
    return {
      single: () => hsm.digestSingle(request),
      split: async () => hsm.digest({ ...(await hsm.digestInit(request)), data: KIB }),
      update: () => hsm.digestUpdate({ state: begun, data: KIB }),
      primitive: hash,
    };
  },
  hmac: (hsm: ck.Ep11) => signing("hmac", hsm, () => crypto.createHmac("sha256", KEY).update(KIB)),
  ecdsa: (hsm: ck.Ep11) => signing("ecdsa-p256-sha256", hsm, hash),
};
export type MultiPartName = keyof typeof MULTI_PART;

async function signing(workload: string, hsm: ck.Ep11, primitive: () => unknown): Promise<Operation> {
  const request = await requestOf(workload, "signSingle", hsm);
  const { data } = request;
  const { state: begun } = await hsm.signUpdate({ ...(await hsm.signInit(request)), data });
  return {
    single: () => hsm.signSingle(request),
    split: async () => hsm.sign({ ...(await hsm.signInit(request)), data }),
    update: () => hsm.signUpdate({ state: begun, data }),
    primitive,
  };
}

/** Returns the request of a workload that consists of one call of `method`. */
async function requestOf<M extends "encryptSingle" | "signSingle">(
  workload: string,
  method: M,
  hsm: ck.Ep11,
): Promise<Requests[M]> {
  const [call] = await workloadOf(workload).prepare(hsm);
  if (call?.method !== method) throw new TypeError(`${workload} does not call ${method}`);
  return call.request as Requests[M];
}
