/** Lists the expectations of all mechanisms in the order of GetMechanismList: first IBM's, then the others. */
import type { MechanismExpectation } from "./expectation.ts";
import { IBM_EXPECTATIONS } from "./ibm.ts";
import { STANDARD_ASYMMETRIC_EXPECTATIONS } from "./standard-asymmetric.ts";
import { STANDARD_SYMMETRIC_EXPECTATIONS } from "./standard-symmetric.ts";

export const EXPECTATIONS: readonly MechanismExpectation[] = [
  ...IBM_EXPECTATIONS,
  ...[...STANDARD_SYMMETRIC_EXPECTATIONS, ...STANDARD_ASYMMETRIC_EXPECTATIONS].map((row) => ({ ...row, ibm: false })),
];
