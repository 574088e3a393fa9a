/** Words of PKCS #11, EP11 and GREP11. Imports nothing. */
export * from "./attribute-kinds.ts";
export * from "./control-points.ts";
export * from "./curves.ts";
export * from "./ep11.ts";
export * from "./error.ts";
export * from "./gen/cka.ts";
export * from "./gen/ckf.ts";
export * from "./gen/ckk.ts";
export * from "./gen/ckm.ts";
export * from "./gen/cko.ts";
export * from "./gen/ckr.ts";
export * from "./gen/parameters.ts";
export * from "./hashes.ts";
export * from "./names.ts";
export * from "./own-mechanisms.ts";
export * from "./request.ts";
export * from "./types.ts";
