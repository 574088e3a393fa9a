/** ReencryptSingle: decrypts with one key and encrypts with another. The plaintext never leaves the engine and is wiped. */
import * as ck from "@grep11/cryptoki";
import type { EngineFunction } from "../context.ts";
import { DECRYPT } from "./decrypt.ts";
import { ENCRYPT } from "./encrypt.ts";
import { beginOperation } from "./operation.ts";

/** Whether the error would reveal something about the plaintext. */
function isAboutData(error: unknown): boolean {
  return error instanceof ck.CkError && (error.rv === ck.CKR_DATA_LEN_RANGE || error.rv === ck.CKR_DATA_INVALID);
}

export const reencryptSingle: EngineFunction<"reencryptSingle"> = async (
  context,
  { decMech, decKey, encMech, encKey, ciphered },
  options,
) => {
  const from = beginOperation(context, DECRYPT, "single-only", decMech, decKey, options);
  const to = beginOperation(context, ENCRYPT, "single-only", encMech, encKey, options);
  return from.limited(async () => {
    const plain = await from.run("decrypt", ciphered);
    try {
      return { reciphered: await to.run("encrypt", plain) };
    } catch (error) {
      throw isAboutData(error) ? ck.CkError.encryptedDataInvalid() : error;
    } finally {
      plain.fill(0);
    }
  });
};
