/** Random calls to and from devices with a capacity: when everybody has hung up, none is counted (secure signaling §2.2). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DialogSide } from "../support/dialog.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { seeded } from "../support/seeded.ts";
import { testBed } from "../support/test-bed.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";
import type { WireMessage } from "../support/wire-message.ts";

const bed = await testBed(`
listen: [udp:172.21.83.50:5060]
trusted: [172.21.83.0/24, 10.0.0.0/24]
devices:
  first:  { type: Trunk, prefix: "9", contact: "sip:10.0.0.1", contact-backup: "sip:10.0.0.3", capacity: 3 }
  second: { type: Trunk, prefix: "9", contact: "sip:10.0.0.2", capacity: 3 }
  "5000": { type: Extension, contact: "sip:5000@172.21.83.60", capacity: 2 }
  "7789": { type: Extension, contact: "*", capacity: 2 }
`);

const COUNTED = ["first", "second", "5000", "7789"];
const ANSWERS = [
	"180 Ringing",
	"200 OK",
	"404 Not Found",
	"486 Busy Here",
	"503 Service Unavailable",
];

/** Everybody who takes part, and what is under way. */
class World {
	readonly rig: ExchangeRig = bed.rig();
	readonly random: ReturnType<typeof seeded>;
	readonly callees: readonly VirtualPhone[];
	readonly ann = this.rig.phone("6000", { host: "172.21.83.70" });
	readonly invites: { readonly phone: VirtualPhone; readonly sent: WireMessage }[] = [];
	readonly dialogs: DialogSide[] = [];

	constructor(seed: number) {
		this.random = seeded(seed);
		const hosts = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "172.21.83.60"];
		const fixed = hosts.map((host) => this.rig.phone(host, { host }));
		const aor = "sip:7789@172.21.83.50";
		const bound = ["172.21.83.24", "172.21.83.25"].map((host) => {
			const phone = this.rig.phone(`at-${host}`, { host });
			phone.request("REGISTER", "sip:172.21.83.50", { from: aor, to: aor });
			return phone;
		});
		this.callees = [...fixed, ...bound];
	}

	step(): void {
		const steps = [this.#call, this.#call, this.#answer, this.#answer, this.#answer, this.#cancel];
		this.random.pick([...steps, this.#hangUp, this.#wait, this.#lose]).call(this);
	}

	/** Whoever rings is answered or times out, and whoever talks hangs up. */
	end(): void {
		for (const phone of this.callees) phone.reachable = true;
		this.rig.wait(400_000);
		this.#takeAnswers();
		for (const dialog of this.dialogs) dialog.send("BYE");
	}

	#call(): void {
		const phone = this.random.pick([this.ann, this.ann, ...this.callees.slice(0, 1)]);
		const number = this.random.pick(["9123", "5000", "7789"]);
		const sent = phone.request("INVITE", `sip:${number}@172.21.83.50`);
		this.invites.push({ phone, sent });
	}

	#answer(): void {
		const phone = this.random.pick(this.callees);
		const at = phone.unread.findIndex(({ method }) => method === "INVITE");
		const invite = phone.unread[at];
		if (invite === undefined) return;
		const answer = this.random.pick(ANSWERS);
		if (!answer.startsWith("180")) phone.unread.splice(at, 1);
		phone.answer(invite, answer);
		// Whoever called may be gone: then only the callee can hang up.
		if (answer.startsWith("200")) this.dialogs.push(phone.callee(invite));
		this.#takeAnswers();
	}

	#takeAnswers(): void {
		for (const { phone } of this.invites)
			for (const response of phone.unread.splice(0))
				if (response.status === 200 && response.cseqMethod === "INVITE")
					this.dialogs.push(phone.caller(response));
				else if (response.method !== undefined) phone.unread.push(response);
	}

	#cancel(): void {
		const invite = this.invites.at(-1);
		if (invite !== undefined) invite.phone.cancel(invite.sent);
	}

	#hangUp(): void {
		this.dialogs.pop()?.send("BYE");
	}

	#wait(): void {
		this.rig.wait(this.random.below(40_000));
	}

	#lose(): void {
		const phone = this.random.pick(this.callees);
		phone.reachable = !phone.reachable;
	}
}

test("secure-signaling §2.2 capacity: whatever happens to calls, none is counted once all are over, and none twice", () => {
	let most = 0;
	for (let seed = 1; seed <= 50; seed += 1) {
		const world = new World(seed);
		const { calls } = world.rig.exchange.proxy.candidates;
		const now = () => COUNTED.map((device) => calls.of(device) ?? 0);
		for (let step = 0; step < 40; step += 1) {
			world.step();
			most = Math.max(most, ...now());
			assert.ok(Math.min(...now()) >= 0, `seed ${seed}`);
		}
		world.end();
		assert.deepEqual(now(), [0, 0, 0, 0], `seed ${seed}\n${world.rig.transcript.join("\n")}`);
	}
	assert.ok(most >= 2, "calls were counted");
});
