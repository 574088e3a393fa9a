/** What it takes to put the cases of one Wycheproof schema to an HSM. */
import type { Hsm } from "../support/hsm.ts";
import type { Case, Group, VectorFile } from "./vectors.ts";

/** Answers what the HSM says to a case: true if it accepts it and computes what is expected. Refusals are thrown. */
export type Examiner = (test: Case) => Promise<boolean>;

/** Prepares a group: imports what its cases share. */
export type Driver = (hsm: Hsm, group: Group, file: VectorFile) => Promise<Examiner>;
