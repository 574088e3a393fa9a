/**
 * IVs that nobody names travel in front of the cipher text: encrypting draws a fresh random one, decrypting takes it off
 * again. So `encrypt | decrypt` needs no parameters, and no IV is ever used twice by accident.
 */
import { randomBytes } from "node:crypto";
import { mechanism as build } from "@grep11/client";
import { UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";

/** An IV that may travel with the data: its length in bytes, and the mechanism with it. */
interface CarriedIv {
  readonly length: number;
  create(mechanism: number, iv: Uint8Array): ck.Mechanism;
}

/** A parameter that is the IV. */
const bare = (length: number): CarriedIv => ({
  length,
  create: (mechanism, parameter) => ({ mechanism, parameter }),
});

const CARRIED: ReadonlyMap<number, CarriedIv> = new Map<number, CarriedIv>([
  [ck.CKM_AES_CBC, bare(16)],
  [ck.CKM_AES_CBC_PAD, bare(16)],
  [ck.CKM_DES3_CBC, bare(8)],
  [ck.CKM_DES3_CBC_PAD, bare(8)],
  [ck.CKM_AES_CTR, { length: 16, create: (_, block) => build.aesCtr({ block }) }],
  [ck.CKM_AES_GCM, { length: 12, create: (_, iv) => build.aesGcm({ iv }) }],
  [ck.CKM_CHACHA20_POLY1305, { length: 12, create: (_, nonce) => build.chacha20Poly1305({ nonce }) }],
]);

/** The IV that must travel with the data; undefined when `mech` needs none or has one. */
function carriedIv(mech: ck.Mechanism): CarriedIv | undefined {
  return mech.parameter === undefined ? CARRIED.get(mech.mechanism) : undefined;
}

/** `mech` with a fresh IV if it lacks one, and the bytes to write in front of the cipher text. */
export function withFreshIv(mech: ck.Mechanism): { mech: ck.Mechanism; front: Uint8Array } {
  const carried = carriedIv(mech);
  if (carried === undefined) return { mech, front: new Uint8Array(0) };
  const iv = new Uint8Array(randomBytes(carried.length));
  return { mech: carried.create(mech.mechanism, iv), front: iv };
}

/**
 * `mech` with the IV in front of `data` if it lacks one, and the data behind it.
 * Errors: UsageError for data shorter than an IV.
 */
export async function withCarriedIv(
  mech: ck.Mechanism,
  data: AsyncIterable<Uint8Array>,
): Promise<{ mech: ck.Mechanism; data: AsyncIterable<Uint8Array> }> {
  const carried = carriedIv(mech);
  if (carried === undefined) return { mech, data };
  const { length } = carried;
  const parts = data[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < length) {
    const { done, value } = await parts.next();
    if (done) throw new UsageError(`the data is shorter than the IV of ${length} bytes in front of it`);
    head = Buffer.concat([head, value]);
  }
  const iv = new Uint8Array(head.subarray(0, length));
  return { mech: carried.create(mech.mechanism, iv), data: behind(head.subarray(length), parts) };
}

async function* behind(head: Uint8Array, parts: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  yield* { [Symbol.asyncIterator]: () => parts };
}
