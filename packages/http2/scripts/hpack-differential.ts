/**
 * Compares our HPACK with the HPACK of node:http2 on many header lists: `node scripts/hpack-differential.ts [lists]
 * [seed]`.
 */
import { compareWithNode } from "../test/hpack-differential.ts";

const lists = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const ROUND = 15_000;
console.log(`${lists} lists, seed ${seed}`);
for (let done = 0; done < lists; done += ROUND) {
  await compareWithNode(Math.min(ROUND, lists - done), seed + done);
  if ((done / ROUND) % 10 === 0) console.log(done);
}
console.log("no difference");
