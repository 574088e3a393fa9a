/**
 * `@grep11/client` implements Ep11 over a transport, and has helpers for calling it. It runs in browsers and on Node.
 */

export { createMechanism, type DefinedMechanism, type WrittenBy } from "@grep11/mechanisms";
export { createGrep11Client, type Grep11ClientOptions } from "./client.ts";
export { curveOf, ecParams } from "./keys/curves.ts";
export { ecdsaFromDer, ecdsaToDer } from "./keys/ecdsa-signature.ts";
export { deriveKeyPath, type KeyPathRequest, type TreeKey } from "./keys/key-tree.ts";
export { parameterSet } from "./keys/parameter-sets.ts";
export {
  curveOfPublicKey,
  dhPublicValueOf,
  interoperablePkcs8,
  interoperableSpki,
  publicPointOf,
  spkiOf,
} from "./keys/public-key.ts";
export { type AttributeName, type NamedAttributes, template } from "./keys/template.ts";
export * as mechanism from "./mechanism.ts";
export { decryptStream, encryptStream, type PartStream } from "./part-streams.ts";
export {
  decryptParts,
  digestParts,
  encryptParts,
  type KeyedMechanism,
  type PartOptions,
  type PartSource,
  partsOf,
  signParts,
  verifyParts,
} from "./parts.ts";
export type { RetryOptions } from "./transport/retry.ts";
