/** The paths of the RPCs. */
import { EP11_METHODS } from "@grep11/cryptoki";
import { codecs, type Ep11Method, wire } from "@grep11/proto";

/** The 40 methods by path, such as "/grep11.Crypto/SignInit". */
export const METHODS_BY_PATH: ReadonlyMap<string, Ep11Method> = new Map(
  EP11_METHODS.map((method) => [`/${wire.Crypto.typeName}/${codecs[method].rpc}`, method]),
);
