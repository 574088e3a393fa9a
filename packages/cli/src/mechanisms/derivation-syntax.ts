/** How derivations are written that take a parameter by name. Trees of keys have --path, KEMs commands of their own. */
import { mechanism as build } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import {
  hashIn,
  optional,
  optionalHex,
  requireChoice,
  requireHex,
  type Syntax,
  type Values,
} from "./parameter-syntax.ts";

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

function sp800In(values: Values): build.Sp800Options {
  return {
    prf: values.get("prf") === "cmac" ? "cmac" : hashIn(values, "prf"),
    label: requireHex(values, "label"),
    context: requireHex(values, "context"),
  };
}

/** The form of SP 800-108r1, 4.1 to 4.3. */
const SP800_KEYS = ["prf", "label", "context"] as const;
const COUNTER_KDF: Syntax = { keys: SP800_KEYS, parse: (values) => build.sp800Counter(sp800In(values)).parameter };
const DOUBLE_PIPELINE_KDF: Syntax = {
  keys: SP800_KEYS,
  parse: (values) => build.sp800DoublePipeline(sp800In(values)).parameter,
};
const FEEDBACK_KDF: Syntax = {
  keys: [...SP800_KEYS, "iv"],
  parse: (values) =>
    build.sp800Feedback({ ...sp800In(values), ...optional("iv", optionalHex(values, "iv")) }).parameter,
};

/** By CKM_*. */
export const DERIVATION_SYNTAX: readonly (readonly [number, Syntax])[] = [
  [ck.CKM_HKDF_DERIVE, HKDF],
  [ck.CKM_SP800_108_COUNTER_KDF, COUNTER_KDF],
  [ck.CKM_SP800_108_FEEDBACK_KDF, FEEDBACK_KDF],
  [ck.CKM_SP800_108_DOUBLE_PIPELINE_KDF, DOUBLE_PIPELINE_KDF],
];
