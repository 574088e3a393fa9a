/** Every mechanism there is, in the order of GetMechanismList: IBM's, then the standard ones. */
import { IBM_FACTS } from "./ibm-facts.ts";
import type { MechanismFacts } from "./mechanism-fact.ts";
import { STANDARD_ASYMMETRIC_FACTS } from "./standard-asymmetric-facts.ts";
import { STANDARD_SYMMETRIC_FACTS } from "./standard-symmetric-facts.ts";

/** All rows. */
export const MECHANISM_FACTS: readonly MechanismFacts[] = [
  ...IBM_FACTS,
  ...STANDARD_SYMMETRIC_FACTS,
  ...STANDARD_ASYMMETRIC_FACTS,
];
