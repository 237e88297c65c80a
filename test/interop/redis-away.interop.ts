/** Redis is killed and started again while phones register and call: nobody notices but the log. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loopbackCertificate } from "../support/certificate.ts";
import { closing } from "../support/cleanup.ts";
import { connectedPhone, register, startNodes } from "../support/nodes.ts";
import { startProgram } from "../support/process.ts";
import { udpPhone } from "../support/raw-phones.ts";
import { startRedis } from "../support/redis-server.ts";
import { udpPeer } from "../support/sip-peer.ts";
import type { Sipwright } from "../support/sipwright-process.ts";
import { connect, passes } from "../support/talkers.ts";

const PHONES = 400;
/** A tenth of them refresh every so often. */
const EVERY_MS = 100;
const AWAY_MS = 3_000;

test("RFC 3261 §10.3: Redis is killed and started again under 400 REGISTER/s and calls between nodes: no call fails, no registration is refused, and Redis and both nodes end with all of them", async (t) => {
	const redis = closing(t, await startRedis(), (one) => one.close());
	const names = Array.from({ length: PHONES }, (_, index) => `p${index}`);
	const { a, b } = await startNodes(t, ["a", "b"], {
		redis,
		devices: [...names, "1001", "6000"].map(
			(name) => `"${name}": { type: Extension, contact: "*" }`,
		),
		certificate: await loopbackCertificate(),
	});
	const phone = connectedPhone(t, "1001", "sip");
	await phone.register(a);
	const other = await udpPhone(t, "6000");
	other.use(b.host);
	await register(other, "6000", b.host);
	const load = await registering(t, names, a.host);
	await until(async () => (await b.sipwright.status()).bindings === PHONES + 2);

	const call = async () => {
		const talkers = await connect(other, phone, "1001", b.host);
		await passes("BYE", talkers.callee, talkers.caller);
	};
	await call();
	await redis.kill();
	const killed = performance.now();
	let calls = 0;
	while (performance.now() - killed < AWAY_MS) {
		await call();
		calls += 1;
	}
	const waiting = (await a.sipwright.status()).shared?.waiting ?? 0;
	await redis.start();
	const back = performance.now();
	await until(async () => {
		const states = await Promise.all([a, b].map((node) => node.sipwright.status()));
		return states.every(({ shared }) => shared?.connected && shared.waiting < PHONES / 4);
	});
	const ms = performance.now() - back;
	await call();
	load.end();
	await until(async () => {
		const states = await Promise.all([a, b].map((node) => node.sipwright.status()));
		return states.every(({ bindings, shared }) => bindings === PHONES + 2 && shared?.waiting === 0);
	});
	// It saves nothing: what it has now came from the nodes.
	const kept = await redis.ask("EVAL", "return #redis.call('KEYS', 'sipwright:device:*')", "0");
	assert.equal(kept, PHONES + 2);
	assert.ok(waiting > 0, "changes waited");
	assert.equal(load.refused(), 0);
	for (const { sipwright } of [a, b]) {
		const events = sipwright.log().map(({ event }) => event);
		assert.equal(events.filter((event) => event === "location.redis-away").length, 1);
		assert.equal(events.filter((event) => event === "location.redis-converged").length, 2);
	}
	t.diagnostic(
		`${calls} calls and ${load.accepted()} registrations; ${waiting} devices waited, both nodes had all ${Math.round(ms)} ms after the start of Redis`,
	);
});

test("a node starts without Redis, says so in `sipwright status`, and joins the others when it is there", async (t) => {
	const redis = closing(t, await startRedis(), (one) => one.close());
	await redis.kill();
	const { a, b } = await startNodes(t, ["a", "b"], {
		redis,
		devices: ['"6000": { type: Extension, contact: "*" }'],
		certificate: await loopbackCertificate(),
	});
	const phone = await udpPhone(t, "6000");
	phone.use(a.host);
	await register(phone, "6000", a.host);
	const { server } = redis;
	assert.match(
		await statusOf(a.sipwright),
		new RegExp(
			`^shared in +Redis at 127.0.0.1:${server.port}, away, .* 1 devices with changes that wait$`,
			"m",
		),
	);
	await redis.start();
	await until(async () => (await b.sipwright.status()).bindings === 1);
	// Nodes report every two seconds, and what they share may come before.
	await until(async () => /^other nodes +a$/m.test(await statusOf(b.sipwright)));
	assert.match(
		await statusOf(b.sipwright),
		/^shared in +Redis at .*, connected, 0 devices with changes that wait$/m,
	);
});

/** What the command prints. */
async function statusOf({ folder }: Sipwright): Promise<string> {
	const main = join(import.meta.dirname, "../../core/main.ts");
	const config = join(folder.path, "sipwright.yaml");
	const program = startProgram(process.execPath, [main, "status", "--config", config]);
	assert.equal(await program.ended, 0, program.output());
	return program.output();
}

/** Refreshes all phones, some at a time, over and over. */
async function registering(t: TestContext, names: readonly string[], host: string) {
	const peer = closing(t, await udpPeer(), (one) => one.close());
	let [cseq, next] = [0, 0];
	const some = () => {
		for (let count = 0; count < PHONES / 10; count += 1) {
			const name = names[next % names.length] ?? "";
			if (next % names.length === 0) cseq += 1;
			next += 1;
			peer.send(registration(name, cseq, peer.port, host), 5060, host);
		}
	};
	const timer = setInterval(some, EVERY_MS);
	t.after(() => clearInterval(timer));
	const answered = (status: (code: number) => boolean) =>
		peer.received.filter((one) => status(one.status ?? 0)).length;
	return {
		accepted: () => answered((code) => code === 200),
		refused: () => answered((code) => code >= 300),
		end: () => clearInterval(timer),
	};
}

function registration(name: string, cseq: number, port: number, host: string): string {
	return [
		`REGISTER sip:${host} SIP/2.0`,
		`Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${name}x${cseq}`,
		"Max-Forwards: 70",
		`From: <sip:${name}@${host}>;tag=r`,
		`To: <sip:${name}@${host}>`,
		`Call-ID: ${name}@load`,
		`CSeq: ${cseq} REGISTER`,
		`Contact: <sip:${name}@127.0.0.1:${port}>`,
		"Expires: 600",
		"Content-Length: 0",
		"\r\n",
	].join("\r\n");
}

async function until(holds: () => Promise<boolean>): Promise<void> {
	while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}
