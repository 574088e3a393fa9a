/**
 * Sends IVs together with the data. If no IV is given, encryption writes a random one before the ciphertext, and decryption
 * reads it from there. So users need no parameters and cannot reuse an IV by accident.
 */
import { randomBytes } from "node:crypto";
import { UsageError } from "@grep11/command-line";
import type * as ck from "@grep11/cryptoki";
import { carriedLength, definitionOf, withCarried } from "@grep11/mechanisms";

/** Returns the length in bytes of the IV that `mech` needs but does not have. If there is no such IV, returns undefined. */
function missingLength({ mechanism, parameter }: ck.Mechanism): number | undefined {
  const definition = parameter === undefined ? definitionOf(mechanism) : undefined;
  return definition && carriedLength(definition.parameter);
}

function withIv({ mechanism }: ck.Mechanism, iv: Uint8Array): ck.Mechanism {
  return { mechanism, parameter: withCarried(definitionOf(mechanism)!.parameter, iv)! };
}

/** Adds a random IV to `mech` if it lacks one. Returns it with the bytes to write before the ciphertext. */
export function withFreshIv(mech: ck.Mechanism): { mech: ck.Mechanism; prefix: Uint8Array } {
  const length = missingLength(mech);
  if (length === undefined) return { mech, prefix: new Uint8Array(0) };
  const iv = new Uint8Array(randomBytes(length));
  return { mech: withIv(mech, iv), prefix: iv };
}

/** If `mech` lacks an IV, takes it from the beginning of `data`. Returns both. Errors: UsageError for data shorter than an IV. */
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
