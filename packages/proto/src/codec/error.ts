/** CkError as the detail of a failed call, grep11.Grep11Error. */
import { create } from "@bufbuild/protobuf";
import { CKR_GENERAL_ERROR, CKR_OK, CkError, ckrName } from "@grep11/cryptoki";
import { type Grep11Error, Grep11ErrorSchema } from "../gen/grep11/errors_pb.ts";

/** `error` as the detail of a failed call of `rpc`, such as "SignInit". Its cause stays behind. */
export function encodeError(error: CkError, rpc: string): Grep11Error {
  const where = `${error.rvName} in ${rpc}`;
  return create(Grep11ErrorSchema, {
    Code: BigInt(error.rv),
    Detail: error.detail === "" ? where : `${where}: ${error.detail}`,
    Retry: error.retry,
  });
}

/** The CkError that a detail states; a code that is no return value becomes CKR_GENERAL_ERROR. */
export function decodeError(message: Grep11Error): CkError {
  const code = Number(message.Code);
  const rv = code === CKR_OK || code > 0xffffffff ? CKR_GENERAL_ERROR : code;
  // Our own servers repeat the name and the RPC, which the caller knows.
  const detail = message.Detail.replace(new RegExp(`^${ckrName(rv)}( in [A-Za-z]+)?(: |$)`), "");
  return new CkError(rv, detail, { retry: message.Retry });
}
