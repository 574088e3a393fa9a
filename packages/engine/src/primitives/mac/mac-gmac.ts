/** GMAC (NIST SP 800-38D, 3) is the tag of GCM for additional data only. */
import { encryptBlock } from "../symmetric/block-cipher.ts";
import { gcm } from "../symmetric/gcm.ts";
import * as ghash from "../symmetric/ghash.ts";
import type { Mac } from "./mac.ts";

const TAG_BYTES = 16;
const NOTHING = new Uint8Array(0);

/** `key` is an AES key. The 12-byte initialisation vector must never be reused with the same key. */
export function gmacWith(key: Uint8Array, iv: Uint8Array): Mac {
  return {
    bytes: TAG_BYTES,
    compute: (data) => gcm.seal(key, { iv, aad: data, tagLength: TAG_BYTES }, NOTHING),
    init: () => ghash.ghashInit(key),
    update: (state, data) => ghash.ghashUpdate(key, state, data),
    final(state) {
      const tag = ghash.ghashFinal(key, ghash.ghashPad(key, state), ghash.lengthsBlock(ghash.ghashBytes(state), 0));
      ghash.xorInto(tag, encryptBlock("aes", key, Uint8Array.of(...iv, 0, 0, 0, 1)));
      return tag;
    },
    isState: ghash.isGhashState,
  };
}
