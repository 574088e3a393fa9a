/** Targets of the engine: P3, P4, P6, P11 and P13. */
import { ratio, us } from "../report/numbers.ts";
import { atMost, type Target, unmeasured } from "./verdict.ts";

/** Later parts of a message may take this many times as long as earlier parts. */
const MOST_GROWTH = 1.25;
/** The target allows this many full garbage collections per call. */
const MOST_COLLECTIONS = 0.05;

export const P3: Target<"signing"> = {
  id: "P3",
  target:
    "raw ECDSA at most 1.2 times OpenSSL on all curves; secp256k1 at most 1.2 times libsecp256k1; RSA-2048 and RSA-3072 signing at most 1.1 times EVP_PKEY_sign",
  section: "signing",
  conditions: (rows) =>
    rows.map(({ key, operation, engine, yardstick, library }) => {
      const name = `${key} ${operation}`;
      if (key === "secp256k1" && library !== "libsecp256k1") return unmeasured(name, "libsecp256k1 is not installed");
      const factor = engine.median / yardstick.median;
      return atMost(`${name} ${ratio(factor)}`, factor, key.startsWith("RSA") ? 1.1 : 1.2);
    }),
};

export const P4: Target<"engine"> = {
  id: "P4",
  target: "opening a key seen before at most 2 µs; a new one at most 15 µs plus the import",
  section: "engine",
  conditions: ({ seenKey, newKey, cipher, keyImport }) => {
    const call = seenKey.median - cipher.median;
    const opening = newKey.median - seenKey.median;
    return [
      atMost(`everything but the cipher in EncryptSingle of one AES block ${us(call)}`, call, 2),
      atMost(`a new key ${us(opening)} more, its import ${us(keyImport.median)}`, opening, 15 + keyImport.median),
    ];
  },
};

export const P6: Target<"parts"> = {
  id: "P6",
  target:
    "server CPU of EncryptUpdate of 1 MiB at most 2 times the primitive's, of DigestUpdate at most 1.3 times; no growth with the message (state, and at most 1.25 times the time in the second half); no full garbage collection per call (at most one in 20 calls)",
  section: "parts",
  conditions: (rows) =>
    rows.flatMap(({ operation, server, primitive, early, late, firstState, lastState, collections }) => {
      const factor = server.median / primitive.median;
      const growth = late / early;
      return [
        atMost(
          `${operation} ${us(server.median)} (${ratio(factor)})`,
          factor,
          operation.startsWith("Digest") ? 1.3 : 2,
        ),
        atMost(`state ${firstState} then ${lastState} B`, lastState, firstState),
        atMost(`later parts ${ratio(growth)}`, growth, MOST_GROWTH),
        atMost(`${collections.toFixed(3)} full collections per call`, collections, MOST_COLLECTIONS),
      ];
    }),
};

export const P11: Target<"engine"> = {
  id: "P11",
  target:
    "in the engine, GenerateKeyPair P-256 at most 3 times two point multiplications (ECDH.generateKeys of node:crypto is one); UnwrapKey AES at most 15 µs",
  section: "engine",
  conditions: ({ keyPair, multiplication, unwrap }) => {
    const factor = keyPair.median / (2 * multiplication.median);
    const one = `one multiplication ${us(multiplication.median)}`;
    return [
      atMost(`GenerateKeyPair ${us(keyPair.median)}, ${one} (${ratio(factor)} of two)`, factor, 3),
      atMost(`UnwrapKey ${us(unwrap.median)}`, unwrap.median, 15),
    ];
  },
};

export const P13: Target<"engine"> = {
  id: "P13",
  target:
    "in the engine, Init followed by the single-part call at most 1.5 times the Single call plus 10 µs; an Update of 1 KiB at most 20 µs above the primitive",
  section: "engine",
  conditions: ({ multiPart }) =>
    multiPart.flatMap(({ title, single, split, update, primitive }) => {
      const above = update.median - primitive.median;
      return [
        atMost(`${title}: ${us(split.median)} after ${us(single.median)}`, split.median, 1.5 * single.median + 10),
        atMost(`${title}: Update ${us(above)} above ${us(primitive.median)}`, above, 20),
      ];
    }),
};
