/**
 * IVs that are not named travel in front of the ciphertext: encrypting draws a random one, decrypting takes it off
 * again. So `encrypt | decrypt` needs no parameters, and no IV is ever used twice by accident.
 */
import { randomBytes } from "node:crypto";
import { UsageError } from "@grep11/command-line";
import type * as ck from "@grep11/cryptoki";
import { carriedLength, definitionOf, withCarried } from "@grep11/mechanisms";

/** The length in bytes of the IV that must travel with the data; undefined when `mech` needs none or has one. */
function missingLength({ mechanism, parameter }: ck.Mechanism): number | undefined {
  const definition = parameter === undefined ? definitionOf(mechanism) : undefined;
  return definition && carriedLength(definition.parameter);
}

function withIv({ mechanism }: ck.Mechanism, iv: Uint8Array): ck.Mechanism {
  return { mechanism, parameter: withCarried(definitionOf(mechanism)!.parameter, iv)! };
}

/** `mech` with a random IV if it lacks one, and the bytes to write in front of the ciphertext. */
export function withFreshIv(mech: ck.Mechanism): { mech: ck.Mechanism; front: Uint8Array } {
  const length = missingLength(mech);
  if (length === undefined) return { mech, front: new Uint8Array(0) };
  const iv = new Uint8Array(randomBytes(length));
  return { mech: withIv(mech, iv), front: iv };
}

/**
 * `mech` with the IV in front of `data` if it lacks one, and the data after it.
 * Errors: UsageError for data shorter than an IV.
 */
export async function withCarriedIv(
  mech: ck.Mechanism,
  data: AsyncIterable<Uint8Array>,
): Promise<{ mech: ck.Mechanism; data: AsyncIterable<Uint8Array> }> {
  const length = missingLength(mech);
  if (length === undefined) return { mech, data };
  const parts = data[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < length) {
    const { done, value } = await parts.next();
    if (done) throw new UsageError(`the data is shorter than the IV of ${length} bytes in front of it`);
    head = Buffer.concat([head, value]);
  }
  const iv = new Uint8Array(head.subarray(0, length));
  return { mech: withIv(mech, iv), data: rest(head.subarray(length), parts) };
}

async function* rest(head: Uint8Array, parts: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  yield* { [Symbol.asyncIterator]: () => parts };
}
