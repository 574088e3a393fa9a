/**
 * Uses each of a million different keys once, and prints the memory of the process and the counters of the key cache as
 * JSON lines. The memory and the cache must not grow without limit. Build first, then run `node
 * packages/contract/scripts/key-cache-soak.mjs [number of keys]`.
 */
import { getRandomValues } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { createEngine, Keyring } from "@grep11/engine";

const keys = Number(process.argv[2] ?? 1_000_000);
const engine = createEngine({ keyring: Keyring.create((length) => getRandomValues(new Uint8Array(length))) });
const template = new Map([
  [ck.CKA_VALUE_LEN, 32],
  [ck.CKA_ENCRYPT, true],
]);
const mech = { mechanism: ck.CKM_AES_CBC_PAD, parameter: new Uint8Array(16) };
const plain = new Uint8Array(16);
const began = performance.now();
for (let made = 1; made <= keys; made++) {
  const { key } = await engine.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template });
  await engine.encryptSingle({ mech, key, plain });
  if (made % (keys / 10) === 0) {
    const rssMiB = Math.round(process.memoryUsage.rss() / 2 ** 20);
    const seconds = Math.round((performance.now() - began) / 1000);
    console.log(JSON.stringify({ keys: made, rssMiB, seconds, ...engine.keyCacheCounters() }));
  }
}
await engine.close();
