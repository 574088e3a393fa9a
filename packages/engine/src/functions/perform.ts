/** Calls a family's method where its cost says: here, or on a worker thread. */
import { type CallOptions, CkError } from "@grep11/cryptoki";
import type { Context } from "../context.ts";
import type { Family, FamilyMethod, RandomSource } from "../mechanisms/family.ts";
import type { MechanismRow } from "../mechanisms/row.ts";
import type { Key } from "../objects/key.ts";

type Method<M extends FamilyMethod> = NonNullable<Family[M]>;
/** The arguments of a method without the random source, which is added where the method runs. */
type Arguments<M extends FamilyMethod> =
  Parameters<Method<M>> extends [...infer Inputs, RandomSource] ? Inputs : Parameters<Method<M>>;

/**
 * Runs `method` of the row's family. `key` is what its cost depends on.
 * Errors: those of the method; CKR_MECHANISM_INVALID if the family has no such method.
 */
export async function perform<M extends FamilyMethod>(
  context: Context,
  row: MechanismRow,
  method: M,
  key: Key | undefined,
  inputs: Arguments<M>,
  options: CallOptions | undefined,
): Promise<ReturnType<Method<M>>> {
  const implementation = row.family[method] as ((...inputs: readonly unknown[]) => ReturnType<Method<M>>) | undefined;
  if (implementation === undefined) throw CkError.mechanismInvalid(row.mechanism, "is not for this function");
  const cost = row.family.cost?.(method, key, inputs) ?? "inline";
  if (cost === "inline") return implementation.apply(row.family, [...inputs, context.random]);
  const result = await context.executor.run(row.mechanism, method, inputs, cost, options ?? {});
  return result as ReturnType<Method<M>>;
}
