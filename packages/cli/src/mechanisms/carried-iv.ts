/**
 * Transports IVs with the data: if no IV is given, encryption writes a random one before the ciphertext, and decryption reads it
 * from there. So `encrypt | decrypt` needs no parameters, and no IV is reused by accident.
 */
import { randomBytes } from "node:crypto";
import { UsageError } from "@grep11/command-line";
import type * as ck from "@grep11/cryptoki";
import { carriedLength, definitionOf, withCarried } from "@grep11/mechanisms";

/**
 * Returns the length in bytes of the IV that must be sent with the data, or undefined if `mech` needs none or already has one.
 */
function missingLength({ mechanism, parameter }: ck.Mechanism): number | undefined {
  const definition = parameter === undefined ? definitionOf(mechanism) : undefined;
  return definition && carriedLength(definition.parameter);
}

function withIv({ mechanism }: ck.Mechanism, iv: Uint8Array): ck.Mechanism {
  return { mechanism, parameter: withCarried(definitionOf(mechanism)!.parameter, iv)! };
}

/** Returns `mech` with a random IV if it lacks one, and the bytes to write before the ciphertext. */
export function withFreshIv(mech: ck.Mechanism): { mech: ck.Mechanism; prefix: Uint8Array } {
  const length = missingLength(mech);
  if (length === undefined) return { mech, prefix: new Uint8Array(0) };
  const iv = new Uint8Array(randomBytes(length));
  return { mech: withIv(mech, iv), prefix: iv };
}

/**
 * Returns `mech` with the IV at the beginning of `data` if it lacks one, and the rest of the data. Errors: UsageError for data
 * shorter than an IV.
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
    if (done) throw new UsageError(`the data is shorter than the IV of ${length} bytes at its beginning`);
    head = Buffer.concat([head, value]);
  }
  const iv = new Uint8Array(head.subarray(0, length));
  return { mech: withIv(mech, iv), data: rest(head.subarray(length), parts) };
}

async function* rest(head: Uint8Array, parts: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  yield* { [Symbol.asyncIterator]: () => parts };
}
