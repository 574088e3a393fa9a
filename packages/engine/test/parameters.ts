import type * as ck from "@grep11/cryptoki";
import { type DefinedMechanism, parameterOf, type ReadBy } from "@grep11/mechanisms";

/** Returns a function that reads parameters of `mechanism` as the engine does. */
export function reader<M extends DefinedMechanism>(mechanism: M) {
  return (parameter: ck.MechanismParameter | undefined): ReadBy<M> => parameterOf(mechanism).read(parameter);
}
