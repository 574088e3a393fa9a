/** A program that makes one attack and reports its outcome: `attacker-process.js NAME PORT SECONDS plaintext|tls [TOKEN]`. */
import { setTimeout as sleep } from "node:timers/promises";
import { Attacker } from "./attack.ts";
import { ATTACKS } from "./index.ts";

const [, , name = "", port = "", seconds = "", security, token] = process.argv;
const attack = ATTACKS[name];
if (attack === undefined) throw new RangeError(`unknown attack: ${name}`);
const attacker = new Attacker({ port: Number(port), tls: security === "tls" }, token, Number(seconds));
process.on("disconnect", () => process.exit());
// Stops two seconds after the time is over, because the attack may still wait for a server that never reads.
await Promise.race([attack(attacker), attacker.wait().then(() => sleep(2_000))]);
process.send!(attacker.finish());
