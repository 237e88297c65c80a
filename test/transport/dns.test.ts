import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { EngineHostCalls } from "../../core/engine-host-calls.ts";
import { WaitingHook } from "../../core/script/waiting-hook.ts";
import { Dns } from "../../core/transport/dns.ts";
import { tempFolder } from "../support/temp-folder.ts";

const TYPES: Readonly<Record<string, number>> = { A: 1, AAAA: 28, SRV: 33, NAPTR: 35 };
type Zone = Readonly<Record<string, readonly (readonly number[])[]>>;

/** A name server on loopback with `TYPE name` → record data; the name `broken` gets SERVFAIL. RFC 1035 §4.1. */
async function nameServer(zone: Zone, ttl = 60) {
	const asked: string[] = [];
	const socket: Socket = createSocket("udp4");
	socket.on("message", (query, from) => {
		const { name, end } = nameAt(query, 12);
		const code = query.readUInt16BE(end);
		const type = Object.keys(TYPES).find((one) => TYPES[one] === code) ?? "?";
		asked.push(`${type} ${name}`);
		const records = zone[`${type} ${name}`] ?? [];
		const known = Object.keys(zone).some((key) => key.endsWith(` ${name}`));
		const status = name === "broken" ? 2 : known ? 0 : 3;
		socket.send(
			answer(query.subarray(0, end + 4), status, code, records, ttl),
			from.port,
			from.address,
		);
	});
	socket.bind(0, "127.0.0.1");
	await once(socket, "listening");
	const options = {
		servers: [`127.0.0.1:${socket.address().port}`],
		hostsFile: "/nonexistent",
		// What is asked is counted: a busy machine must not make it ask again.
		timeoutMs: 20_000,
	};
	const dns = new Dns(options);
	return {
		asked,
		dns,
		options,
		[Symbol.dispose]: () => {
			dns.close();
			socket.close();
		},
	};
}

function nameAt(packet: Buffer, start: number): { name: string; end: number } {
	const labels: string[] = [];
	let at = start;
	for (let length = packet[at] ?? 0; length > 0; length = packet[at] ?? 0) {
		labels.push(packet.toString("latin1", at + 1, at + 1 + length));
		at += 1 + length;
	}
	return { name: labels.join("."), end: at + 1 };
}

function answer(
	question: Buffer,
	status: number,
	type: number,
	records: readonly (readonly number[])[],
	ttl: number,
): Buffer {
	const packet = Buffer.from(question);
	packet.writeUInt16BE(0x8180 | status, 2);
	packet.writeUInt16BE(records.length, 6);
	packet.writeUInt32BE(0, 8);
	const sections = records.map((data) =>
		Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, ttl >> 8, ttl & 255, 0, data.length, ...data]),
	);
	return Buffer.concat([packet, ...sections]);
}

function encoded(name: string): number[] {
	return [...name.split(".").flatMap((label) => text(label)), 0];
}

function text(value: string): number[] {
	return [value.length, ...Buffer.from(value)];
}

test("RFC 3263 §4: NAPTR, SRV, A and AAAA records are told in the words of core/resolve", async () => {
	using server = await nameServer({
		"NAPTR example.com": [
			[
				0,
				50,
				0,
				60,
				...text("s"),
				...text("SIPS+D2T"),
				...text(""),
				...encoded("_sips._tcp.example.com"),
			],
		],
		"SRV _sips._tcp.example.com": [[0, 1, 0, 2, 0x13, 0xc5, ...encoded("a.example.com")]],
		"A a.example.com": [
			[192, 0, 2, 1],
			[192, 0, 2, 2],
		],
		"AAAA a.example.com": [[0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(0), 1]],
	});
	const { dns } = server;
	assert.deepEqual(await dns.answer({ type: "NAPTR", name: "example.com" }), [
		{
			type: "NAPTR",
			order: 50,
			preference: 60,
			flags: "s",
			service: "SIPS+D2T",
			regexp: "",
			replacement: "_sips._tcp.example.com",
		},
	]);
	assert.deepEqual(await dns.answer({ type: "SRV", name: "_sips._tcp.example.com" }), [
		{ type: "SRV", priority: 1, weight: 2, port: 5061, target: "a.example.com" },
	]);
	assert.deepEqual(await dns.answer({ type: "A", name: "a.example.com" }), [
		{ type: "A", address: "192.0.2.1" },
		{ type: "A", address: "192.0.2.2" },
	]);
	assert.deepEqual(await dns.answer({ type: "AAAA", name: "A.example.com" }), [
		{ type: "AAAA", address: "2001:db8::1" },
	]);
});

test("RFC 3263 §4: what does not exist is empty, what nobody knows is failed", async () => {
	using server = await nameServer({ "A a.example.com": [[192, 0, 2, 1]] });
	const { dns } = server;
	assert.deepEqual(await dns.answer({ type: "A", name: "b.example.com" }), []);
	assert.deepEqual(await dns.answer({ type: "AAAA", name: "a.example.com" }), []);
	assert.equal(await dns.answer({ type: "SRV", name: "broken" }), "failed");
});

test("the same question is asked once while it is answered and while the answer lives", async () => {
	using server = await nameServer({ "A a.example.com": [[192, 0, 2, 1]] });
	const question = { type: "A", name: "a.example.com" } as const;
	await Promise.all([server.dns.answer(question), server.dns.answer(question)]);
	await server.dns.answer({ ...question, name: "A.EXAMPLE.COM" });
	assert.deepEqual(server.asked, ["A a.example.com"]);
});

test("RFC 1035 §3.2.1: an answer without time to live, and a failure, are not kept", async () => {
	using server = await nameServer({ "A a.example.com": [[192, 0, 2, 1]] }, 0);
	for (const name of ["a.example.com", "a.example.com", "broken", "broken"])
		await server.dns.answer({ type: "A", name });
	assert.equal(server.asked.filter((one) => one === "A a.example.com").length, 2);
	assert.ok(server.asked.filter((one) => one === "A broken").length >= 2);
});

test("RFC 3263 §4.3 RFC 1035 §3.2.1 PX-98: an answer lives as long as it says, and that there is none lives 5 s", async (t) => {
	using server = await nameServer({ "A a.example.com": [[192, 0, 2, 1]] }, 60);
	const now = performance.now.bind(performance);
	let ahead = 0;
	t.mock.method(performance, "now", () => now() + ahead);
	const asks = async (name: string, later: number) => {
		ahead = later;
		const before = server.asked.length;
		await server.dns.answer({ type: "A", name });
		return server.asked.length > before;
	};
	assert.equal(await asks("a.example.com", 0), true);
	assert.equal(await asks("a.example.com", 59_000), false);
	assert.equal(await asks("a.example.com", 61_000), true);
	assert.equal(await asks("b.example.com", 70_000), true);
	assert.equal(await asks("b.example.com", 74_000), false);
	assert.equal(await asks("b.example.com", 76_000), true);
});

test("names of the hosts file are known without asking", async () => {
	const folder = tempFolder();
	const hostsFile = folder.write(
		"hosts",
		"# hosts\n192.0.2.7 Phone.lab phone # the phone\n2001:db8::7\tphone.lab\n",
	);
	const dns = new Dns({ hostsFile, servers: ["127.0.0.1:9"], timeoutMs: 50 });
	assert.deepEqual(await dns.answer({ type: "A", name: "phone.lab" }), [
		{ type: "A", address: "192.0.2.7" },
	]);
	assert.deepEqual(await dns.answer({ type: "AAAA", name: "PHONE.LAB" }), [
		{ type: "AAAA", address: "2001:db8::7" },
	]);
	assert.equal(await dns.answer({ type: "AAAA", name: "phone" }), "failed");
	dns.close();
	folder.remove();
});

test("names that scripts ask about do not displace those of the traffic", async (t) => {
	using server = await nameServer({ "A a.example": [[192, 0, 2, 1]] });
	const calls = new EngineHostCalls({
		settings: () => ({ fetchOrigins: [], fetchTimeoutMs: 2_000 }),
		input: (take) => take(),
		lookup: () => undefined,
		dns: server.options,
	});
	t.after(() => calls.close());
	const byTraffic = () =>
		new Promise((answered) => calls.askDns({ type: "A", name: "a.example" }, answered));
	const byScript = (name: string) =>
		new Promise((answered) => {
			const hook = new WaitingHook("onRequest", ["", ""], 1);
			calls.perform(
				{ hook, index: 0, kind: "dns", args: JSON.stringify(["A", name]) },
				0,
				answered,
			);
		});
	assert.deepEqual(await byTraffic(), [{ type: "A", address: "192.0.2.1" }]);
	const others = Array.from({ length: 20 }, (_, n) => byScript(`n${n}.example`));
	assert.deepEqual(await byScript("a.example"), {
		ok: true,
		value: [{ type: "A", address: "192.0.2.1" }],
	});
	await Promise.all(others);
	await byTraffic();
	const asked = server.asked.filter((one) => one === "A a.example");
	assert.equal(asked.length, 2, "once for the traffic and once for the script");
});
