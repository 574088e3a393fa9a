/** ReencryptSingle: out of one key and into another; the clear text exists only here and is wiped. */
import * as ck from "@grep11/cryptoki";
import type { Context } from "../context.ts";
import { DECRYPT } from "./decrypt.ts";
import { ENCRYPT } from "./encrypt.ts";
import { beginOperation, type Options } from "./operation.ts";
import { perform } from "./perform.ts";

/** Does the error tell about the clear text, which its sender may not know? */
function isAboutData(error: unknown): boolean {
  return error instanceof ck.CkError && (error.rv === ck.CKR_DATA_LEN_RANGE || error.rv === ck.CKR_DATA_INVALID);
}

export async function reencryptSingle(
  context: Context,
  { decMech, decKey, encMech, encKey, ciphered }: ck.ReencryptSingleRequest,
  options: Options,
): Promise<ck.ReencryptSingleResponse> {
  const from = beginOperation(context, DECRYPT, "single-only", decMech, decKey);
  const to = beginOperation(context, ENCRYPT, "single-only", encMech, encKey);
  return context.failures.run(from.key, options, async () => {
    const plain = await perform(context, from.row, "decrypt", from.key, [from.key, from.parameter, ciphered], options);
    try {
      const reciphered = await perform(context, to.row, "encrypt", to.key, [to.key, to.parameter, plain], options);
      return { reciphered };
    } catch (error) {
      throw isAboutData(error) ? ck.CkError.encryptedDataInvalid() : error;
    } finally {
      plain.fill(0);
    }
  });
}
