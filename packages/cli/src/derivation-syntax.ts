/** How derivations are written that take a parameter by name. Trees of keys have --path, KEMs commands of their own. */
import { mechanism as build } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { hashIn, optional, optionalHex, requireChoice, requireHex, type Syntax } from "./parameter-syntax.ts";

const STEPS = { extract: "extract", expand: "expand", both: "both" } as const;

const HKDF: Syntax = {
  keys: ["hash", "salt", "info", "steps"],
  parse: (values) =>
    build.hkdf({
      hash: hashIn(values),
      ...optional("salt", optionalHex(values, "salt")),
      ...optional("info", optionalHex(values, "info")),
      ...optional("steps", values.has("steps") ? requireChoice(values, "steps", STEPS) : undefined),
    }).parameter,
};

/** The form of SP 800-108r1, 4.1. */
const COUNTER_KDF: Syntax = {
  keys: ["prf", "label", "context"],
  parse: (values) =>
    build.sp800Counter({
      prf: values.get("prf") === "cmac" ? "cmac" : hashIn(values, "prf"),
      label: requireHex(values, "label"),
      context: requireHex(values, "context"),
    }).parameter,
};

/** By CKM_*. */
export const DERIVATION_SYNTAX: readonly (readonly [number, Syntax])[] = [
  [ck.CKM_HKDF_DERIVE, HKDF],
  [ck.CKM_SP800_108_COUNTER_KDF, COUNTER_KDF],
];
