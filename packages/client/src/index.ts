/** `@grep11/client`: Ep11 over a transport, and what makes Ep11 pleasant to call. Runs in browsers and on Node. */

export { createGrep11Client, type Grep11ClientOptions } from "./client.ts";
export { type CurveName, curveNames, curveOf, ecParams } from "./curves.ts";
export { ecdsaFromDer, ecdsaToDer } from "./ecdsa-signature.ts";
export { deriveKeyPath, type KeyPathRequest, type TreeKey } from "./key-tree.ts";
export type { EcdhOptions, HashName } from "./mechanism.ts";
export * as mechanism from "./mechanism.ts";
export { type ParameterSetName, parameterSet, parameterSetNames } from "./parameter-sets.ts";
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
export {
  curveOfPublicKey,
  dhPublicValueOf,
  interoperablePkcs8,
  interoperableSpki,
  publicPointOf,
  spkiOf,
} from "./public-key.ts";
export type { RetryOptions } from "./retry.ts";
export { type AttributeName, type NamedAttributes, template } from "./template.ts";
