/** A program that makes one attack: `attacker-process.js NAME PORT SECONDS plaintext|tls [TOKEN]`. It reports the outcome. */
import { setTimeout as sleep } from "node:timers/promises";
import { Attacker } from "./attack.ts";
import { ATTACKS } from "./index.ts";

const [, , name = "", port = "", seconds = "", security, token] = process.argv;
const attack = ATTACKS[name];
if (attack === undefined) throw new RangeError(`unknown attack: ${name}`);
const attacker = new Attacker({ port: Number(port), tls: security === "tls" }, token, Number(seconds));
process.on("disconnect", () => process.exit());
// An attack that waits for a reader that never reads must end as well.
await Promise.race([attack(attacker), attacker.wait().then(() => sleep(2_000))]);
process.send!(attacker.finish());
