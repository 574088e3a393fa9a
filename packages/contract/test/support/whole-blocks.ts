/** Checks that the sealed keys and states that a target returns consist of whole blocks, as IBM's do. */
import * as ck from "@grep11/cryptoki";

/**
 * The length of a blob must be a multiple of this number of bytes, because programs encrypt sealed keys with AES-ECB, and with
 * AES-CBC without padding.
 */
const BLOCK_BYTES = 16;

/**
 * Returns the sealed values in a response. Public keys and clear parameters are left out; they are DER, which begins with 0x30.
 */
export function sealedIn(response: object): Uint8Array[] {
  const found = Object.entries(response).flatMap(([name, value]: [string, unknown]) => {
    if (value instanceof Uint8Array) return name === "state" || name === "object" ? [value] : [];
    return isKeyBlob(value) ? [...value.keyBlobs] : [];
  });
  return found.filter((bytes) => bytes[0] !== 0x30);
}

function isKeyBlob(value: unknown): value is ck.KeyBlob {
  return typeof value === "object" && value !== null && "keyBlobs" in value;
}

/** Wraps an Ep11 so that calls throw if they return a sealed value that does not consist of whole blocks. */
export function inWholeBlocks(ep11: ck.Ep11): ck.Ep11 {
  const watch = (method: keyof ck.Ep11) => {
    const call = ep11[method] as (...request: unknown[]) => Promise<object>;
    return async (...request: unknown[]) => {
      const response = await call(...request);
      for (const { length } of sealedIn(response)) {
        if (length === 0 || length % BLOCK_BYTES !== 0) throw new Error(`${method} returned a blob of ${length} bytes`);
      }
      return response;
    };
  };
  return Object.fromEntries(ck.EP11_METHODS.map((method) => [method, watch(method)])) as unknown as ck.Ep11;
}
