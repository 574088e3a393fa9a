/**
 * CKM_CHACHA20_POLY1305 (RFC 8439, 2.8; PKCS #11 v3.2, 6.61): the cipher text with the tag behind it. Encryption works
 * in parts, with the cipher's own running state; decryption only in one call (docs/adr/0007).
 */
import * as ck from "@grep11/cryptoki";
import {
  CHACHA20_POLY1305_MAX_BYTES,
  CHACHA20_POLY1305_TAG_BYTES,
  type ChaChaPolyParameter,
  chachaPolyBytes,
  chachaPolyFinal,
  chachaPolyInit,
  chachaPolyOpen,
  chachaPolySeal,
  chachaPolyUpdate,
  isChachaPolyState,
} from "../../primitives/symmetric/chacha20-poly1305.ts";
import type { Family } from "../family.ts";

/** In parts Poly1305 is computed in JavaScript, at about 10 ms for 1 MiB. */
const INLINE_PART_BYTES = 64 * 1024;

/** Errors besides the usual: CKR_ENCRYPTED_DATA_LEN_RANGE for what is shorter than a tag, CKR_DATA_LEN_RANGE beyond 256 GiB. */
export const chacha20Poly1305: Family<ChaChaPolyParameter> = {
  cost: (method, _key, [, , , plain]) =>
    method === "encryptUpdate" && (plain as Uint8Array).length > INLINE_PART_BYTES ? "worker" : "inline",
  encrypt: (key, parameter, plain) => chachaPolySeal(key.value, parameter, plain),
  encryptInit: (key, parameter) => chachaPolyInit(key.value, parameter),
  encryptUpdate(key, parameter, runningState, plain) {
    requireState(runningState, parameter);
    if (chachaPolyBytes(runningState, parameter) + plain.length > CHACHA20_POLY1305_MAX_BYTES) {
      throw ck.CkError.dataLenRange(`a message has at most ${CHACHA20_POLY1305_MAX_BYTES} bytes`);
    }
    const { state, ciphered } = chachaPolyUpdate(key.value, parameter, runningState, plain);
    return { output: ciphered, runningState: state };
  },
  encryptFinal(key, parameter, runningState) {
    requireState(runningState, parameter);
    return chachaPolyFinal(key.value, parameter, runningState);
  },
  decrypt(key, parameter, ciphered) {
    if (ciphered.length < CHACHA20_POLY1305_TAG_BYTES) {
      throw ck.CkError.encryptedDataLenRange("the cipher text ends in a tag");
    }
    const plain = chachaPolyOpen(key.value, parameter, ciphered);
    if (plain === undefined) throw ck.CkError.encryptedDataInvalid();
    return plain;
  },
};

function requireState(runningState: Uint8Array, parameter: ChaChaPolyParameter): void {
  if (!isChachaPolyState(runningState, parameter)) throw ck.CkError.savedStateInvalid();
}
