/** Watches what a target hands out: sealed keys and states have whole blocks, as IBM's have. */
import * as ck from "@grep11/cryptoki";

/** A multiple of this: programs encrypt sealed keys with AES-ECB, and with AES-CBC without padding. */
const BLOCK_BYTES = 16;

/** What was sealed in an answer. Public keys and clear parameters are DER, which begins with 0x30. */
export function sealedIn(answer: object): Uint8Array[] {
  const found = Object.entries(answer).flatMap(([name, value]: [string, unknown]) => {
    if (value instanceof Uint8Array) return name === "state" || name === "object" ? [value] : [];
    return isKeyBlob(value) ? [...value.keyBlobs] : [];
  });
  return found.filter((bytes) => bytes[0] !== 0x30);
}

function isKeyBlob(value: unknown): value is ck.KeyBlob {
  return typeof value === "object" && value !== null && "keyBlobs" in value;
}

/** The same Ep11, whose calls throw if they return a sealed value that is not a whole number of blocks. */
export function inWholeBlocks(ep11: ck.Ep11): ck.Ep11 {
  const watch = (method: keyof ck.Ep11) => {
    const call = ep11[method] as (...request: unknown[]) => Promise<object>;
    return async (...request: unknown[]) => {
      const answer = await call(...request);
      for (const { length } of sealedIn(answer)) {
        if (length === 0 || length % BLOCK_BYTES !== 0) throw new Error(`${method} returned a blob of ${length} bytes`);
      }
      return answer;
    };
  };
  return Object.fromEntries(ck.EP11_METHODS.map((method) => [method, watch(method)])) as unknown as ck.Ep11;
}
