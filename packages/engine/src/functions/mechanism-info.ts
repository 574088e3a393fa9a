/** GetMechanismList and GetMechanismInfo. */
import type { EngineFunction } from "../context.ts";

export const getMechanismList: EngineFunction<"getMechanismList"> = async (context) => ({
  mechs: context.mechanisms.list(),
});

export const getMechanismInfo: EngineFunction<"getMechanismInfo"> = async (context, { mech }) => ({
  mechInfo: context.mechanisms.info(mech),
});
