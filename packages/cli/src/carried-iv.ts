/**
 * IVs that nobody names travel in front of the cipher text: encrypting draws a fresh random one, decrypting takes it off
 * again. So `encrypt | decrypt` needs no parameters, and no IV is ever used twice by accident.
 */
import { randomBytes } from "node:crypto";
import { UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";

const IV_BYTES: ReadonlyMap<number, number> = new Map([
  [ck.CKM_AES_CBC, 16],
  [ck.CKM_AES_CBC_PAD, 16],
  [ck.CKM_DES3_CBC, 8],
  [ck.CKM_DES3_CBC_PAD, 8],
  [ck.CKM_AES_CTR, 16],
  [ck.CKM_AES_GCM, 12],
  [ck.CKM_CHACHA20_POLY1305, 12],
]);

/** Length of the IV that must travel with the data; 0 when `mech` needs none or has one. */
function carriedLength(mech: ck.Mechanism): number {
  return mech.parameter === undefined ? (IV_BYTES.get(mech.mechanism) ?? 0) : 0;
}

/** `mech` with a fresh IV if it lacks one, and the bytes to write in front of the cipher text. */
export function withFreshIv(mech: ck.Mechanism): { mech: ck.Mechanism; front: Uint8Array } {
  const length = carriedLength(mech);
  if (length === 0) return { mech, front: new Uint8Array(0) };
  const iv = new Uint8Array(randomBytes(length));
  return { mech: { ...mech, parameter: iv }, front: iv };
}

/**
 * `mech` with the IV in front of `data` if it lacks one, and the data behind it.
 * Errors: UsageError for data shorter than an IV.
 */
export async function withCarriedIv(
  mech: ck.Mechanism,
  data: AsyncIterable<Uint8Array>,
): Promise<{ mech: ck.Mechanism; data: AsyncIterable<Uint8Array> }> {
  const length = carriedLength(mech);
  if (length === 0) return { mech, data };
  const parts = data[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < length) {
    const { done, value } = await parts.next();
    if (done) throw new UsageError(`the data is shorter than the IV of ${length} bytes in front of it`);
    head = Buffer.concat([head, value]);
  }
  const iv = new Uint8Array(head.subarray(0, length));
  return { mech: { ...mech, parameter: iv }, data: behind(head.subarray(length), parts) };
}

async function* behind(head: Uint8Array, parts: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  yield* { [Symbol.asyncIterator]: () => parts };
}
