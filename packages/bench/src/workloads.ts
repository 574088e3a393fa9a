/** Provides the workloads of `grep11 bench`, and further workloads that only this package needs. */
import { ecParams, mechanism, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { WORKLOADS, type Workload } from "grep11";

const MIB = 1 << 20;

/**
 * ECDSA on P-384 is the most expensive signature that a process computes on its main thread, so the load generator
 * matters least. P-521 is slower, but its signatures are computed on worker threads, so one process already uses all
 * cores.
 */
export const ECDSA_P384: Workload = {
  name: "ecdsa-p384",
  title: "SignSingle ECDSA P-384, digest",
  async prepare(hsm, options) {
    const pair = {
      mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
      pubKeyTemplate: template({ CKA_EC_PARAMS: ecParams("P-384"), CKA_VERIFY: true }),
      privKeyTemplate: template({ CKA_SIGN: true }),
    };
    const { privKey } = await hsm.generateKeyPair(pair, options);
    return [
      { method: "signSingle", request: { mech: mechanism.ecdsa(), privKey, data: new Uint8Array(48).fill(0x5a) } },
    ];
  },
};

export const DIGEST_UPDATE: Workload = {
  name: "digest-update",
  title: "DigestUpdate SHA-256, 1 MiB",
  partBytes: MIB,
  async prepare(hsm, options) {
    const { state } = await hsm.digestInit({ mech: mechanism.digest("sha256") }, options);
    return [{ method: "digestUpdate", request: { state, data: new Uint8Array(MIB).fill(0x5a) } }];
  },
};

/** Returns the workload of `grep11 bench` named `name`. */
export function workloadOf(name: string): Workload {
  return WORKLOADS.find((candidate) => candidate.name === name) as Workload;
}
