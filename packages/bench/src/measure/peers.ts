/** Target P9: compares our server with other HSMs. All of them have the same number of calls in progress. */

import { inFolder, type Pkcs11Peer, startOtherModule, startSoftHsm } from "../pkcs11-peer.ts";
import type { Plan } from "../plan.ts";
import { isSkipped, type PeerRow, type Peers } from "../results.ts";
import { inTurn, measureLoad, secondsOf } from "../rounds.ts";
import type { Testbed } from "../testbed.ts";
import { wireWorkload } from "../wire-calls.ts";
import { workloadOf } from "../workloads.ts";

const IN_FLIGHT = [1, 16];
const NAMES = ["random", "aes-cbc", "hmac", "ecdsa-p256", "ecdsa-k1", "ed25519", "rsa-2048", "ec-keypair"];

/** Measures the workloads that our server and at least one other HSM support. */
export function measurePeers(testbed: Testbed, plan: Plan): Promise<Peers> {
  return inFolder(async (folder) => {
    const clients = Math.max(...IN_FLIGHT);
    const started = [await startSoftHsm(folder, clients), await startOtherModule(folder, clients)];
    const peers = started.flatMap((peer) => (isSkipped(peer) ? [] : [peer]));
    const missing = started.flatMap((peer) => (isSkipped(peer) ? [peer.skipped] : []));
    try {
      const rows: PeerRow[] = [];
      for (const name of NAMES) {
        for (const inFlight of IN_FLIGHT) {
          try {
            rows.push(await measureRow(testbed, plan, name, inFlight, peers));
          } catch (error) {
            // A module of another HSM can end the process that has loaded it. The other rows are still measured.
            missing.push(`${workloadOf(name).title} with ${inFlight} in flight: ${(error as Error).message}`);
          }
        }
      }
      return { rows: rows.filter((row) => Object.keys(row.peers).length > 0), missing };
    } finally {
      await Promise.all(peers.map((peer) => peer.stop()));
    }
  });
}

/**
 * Measures one workload. All calls to our server share one connection, as in the client library. Each client of another
 * HSM has its own connection.
 */
async function measureRow(
  testbed: Testbed,
  plan: Plan,
  name: string,
  inFlight: number,
  peers: readonly Pkcs11Peer[],
): Promise<PeerRow> {
  const workload = workloadOf(name);
  const { requests: calls } = await wireWorkload(workload, testbed.hsm);
  const able: Pkcs11Peer[] = [];
  for (const peer of peers) if (await peer.prepare(name, inFlight)) able.push(peer);
  const [own, ...theirs] = await inTurn(plan.rounds, [undefined, ...able], (peer, isWarmUp) => {
    const seconds = secondsOf(plan, isWarmUp);
    if (peer !== undefined) return peer.measure(inFlight, seconds);
    const load = { calls, concurrency: inFlight, connections: 1, seconds };
    return measureLoad(testbed.loader, testbed.servers.own, load);
  });
  const figures = able.map(({ name: peer }, index) => [peer, theirs[index]!]);
  return { title: workload.title, inFlight, own: own!, peers: Object.fromEntries(figures) };
}
