/**
 * Exports the encodings that the other packages share. This package imports nothing and uses nothing but ECMAScript, so it also
 * runs in browsers.
 */
export { concatenate, concatenateAll, equalBytes } from "./bytes.ts";
export { DerReader, readSequenceLength } from "./der-reader.ts";
export * as der from "./der-writer.ts";
export { ecdsaFromDer, ecdsaToDer } from "./ecdsa-signature.ts";
export { EncodingError } from "./encoding-error.ts";
export { fromHex, toHex } from "./hex.ts";
export { isLoopback, withoutBrackets } from "./host.ts";
export { bitLength, fromBigInt, fromNumber, padLeft, toBigInt } from "./numbers.ts";
export { WireReader, wireForm } from "./wire-form.ts";
