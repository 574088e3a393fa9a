/** Converts CkError to and from the detail of a failed call, grep11.Grep11Error. */
import { create } from "@bufbuild/protobuf";
import * as ck from "@grep11/cryptoki";
import { type Grep11Error, Grep11ErrorSchema } from "../gen/grep11/errors_pb.ts";

/** Converts `error` to the detail of a failed call of `rpc`, such as "SignInit". Its cause is left out. */
export function encodeError(error: ck.CkError, rpc: string): Grep11Error {
  const where = `${error.rvName} in ${rpc}`;
  return create(Grep11ErrorSchema, {
    Code: BigInt(error.rv),
    Detail: error.detail === "" ? where : `${where}: ${error.detail}`,
    Retry: error.retry,
  });
}

/** Converts a detail to a CkError. A code that is not a return value becomes CKR_GENERAL_ERROR. */
export function decodeError(message: Grep11Error): ck.CkError {
  const code = Number(message.Code);
  const rv = code === ck.CKR_OK || code > 0xffffffff ? ck.CKR_GENERAL_ERROR : code;
  // Removes the names of the return value and the RPC, with which GREP11 servers begin the detail. The caller already
  // knows these names.
  const detail = message.Detail.replace(new RegExp(`^${ck.ckrName(rv)}( in [A-Za-z]+)?(: |$)`), "");
  return new ck.CkError(rv, detail, { retry: message.Retry });
}
