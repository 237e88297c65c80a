import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { reachableAddress } from "../../core/transport/advertised.ts";
import { ListenError } from "../../core/transport/listen-error.ts";
import { bench, LOOPBACKS, Peer } from "./harness.ts";

const UDP = { transport: "udp", address: "127.0.0.1", port: 0 } as const;
const TCP = { ...UDP, transport: "tcp" } as const;
const TLS = { ...UDP, transport: "tls" } as const;

async function refusal(...args: Parameters<typeof bench>): Promise<ListenError> {
	const opened = await bench(...args).catch((error: unknown) => error);
	assert.ok(opened instanceof ListenError, String(opened));
	return opened;
}

for (const address of LOOPBACKS)
	test(`RFC 3261 §18.2.1 TR-01: TCP listens on the address and port of UDP (${address})`, async () => {
		await using one = await bench([
			{ ...UDP, address },
			{ ...TCP, address },
		]);
		const [udp, tcp] = one.listeners;
		assert.equal(tcp?.port, udp?.port);
		(await Peer.connect(udp?.port ?? 0, address)).socket.destroy();
	});

test("RFC 3261 §18.1.1 TR-08: messages show what is advertised, else the address; IPv6 in brackets", async () => {
	const advertise = { host: "sip.example.com", port: 5060 };
	await using one = await bench([{ ...UDP, advertise }, TCP]);
	const [udp, tcp] = one.listeners;
	assert.deepEqual(udp, { id: 1, transport: "udp", address: "127.0.0.1", ...advertise });
	assert.deepEqual([tcp?.host, tcp?.address], ["127.0.0.1", "127.0.0.1"]);
	assert.ok(tcp && tcp.port > 0);
	for (const address of LOOPBACKS.filter((one) => one.includes(":"))) {
		await using other = await bench([{ ...TCP, address }]);
		assert.deepEqual([other.listeners[0]?.host, other.listeners[0]?.address], ["[::1]", "::1"]);
	}
});

test("RFC 3261 §18.1.1 TR-08: for a wildcard messages show an address that others can reach", () => {
	const of = (address: string, internal = false) => ({
		address,
		family: address.includes(":") ? ("IPv6" as const) : ("IPv4" as const),
		internal,
		netmask: "",
		mac: "",
		cidr: null,
		scopeid: 0,
	});
	const machine = {
		lo: [of("127.0.0.1", true), of("::1", true)],
		eth0: [of("fe80::1"), of("169.254.1.1"), of("192.0.2.1"), of("2001:db8::1")],
	};
	assert.equal(reachableAddress("0.0.0.0", machine), "192.0.2.1");
	assert.equal(reachableAddress("::", machine), "2001:db8::1");
	assert.equal(reachableAddress("0.0.0.0", { lo: machine.lo }), "127.0.0.1");
	assert.equal(reachableAddress("::", { lo: machine.lo }), "::1");
	assert.equal(reachableAddress("192.0.2.9", machine), "192.0.2.9");
});

for (const taken of [UDP, TCP])
	test(`a ${taken.transport} port that is taken is named, and none of the listeners stays open`, async () => {
		await using one = await bench([taken]);
		const { port } = one.listener(taken.transport);
		const free = createSocket("udp4").bind(0, "127.0.0.1");
		await once(free, "listening");
		const other = free.address().port;
		free.close();
		await once(free, "close");

		const error = await refusal([
			{ ...UDP, port: other },
			{ ...TCP, port: other },
			{ ...taken, port },
		]);
		assert.deepEqual(
			[error.code, error.transport, error.address, error.port, error.reason],
			["NET_ADDRESS_IN_USE", taken.transport, "127.0.0.1", port, "EADDRINUSE"],
		);
		assert.match(error.message, new RegExp(`${taken.transport}:127.0.0.1:${port}`));
		assert.match(error.fix, /another port/);
		await using again = await bench([
			{ ...UDP, port: other },
			{ ...TCP, port: other },
		]);
		assert.equal(again.listeners.length, 2);
	});

test("an address of another machine is named as such", async () => {
	for (const options of [UDP, TCP]) {
		const error = await refusal([{ ...options, address: "203.0.113.1", port: 5060 }]);
		assert.equal(error.code, "NET_ADDRESS_UNKNOWN");
		assert.match(error.message, /203\.0\.113\.1:5060/);
	}
});

test("TLS without a certificate is refused", async () => {
	const error = await refusal([TLS]);
	assert.deepEqual([error.code, error.transport], ["NET_NO_CERTIFICATE", "tls"]);
});

test("errors of the system that we do not know are told with its own word", () => {
	const at = { transport: "tcp", address: "::1", port: 5060 };
	assert.deepEqual(
		["EACCES", "EAFNOSUPPORT", "EIO"].map((reason) => new ListenError(at, reason).code),
		["NET_LISTEN_DENIED", "NET_ADDRESS_UNKNOWN", "NET_LISTEN_FAILED"],
	);
	assert.match(new ListenError(at, "EIO").message, /tcp:\[::1\]:5060.*\(EIO\)/);
});

test("IPv4 and IPv6 wildcards share a port", async () => {
	if (!LOOPBACKS.includes("::1")) return;
	await using four = await bench([
		{ ...UDP, address: "0.0.0.0" },
		{ ...TCP, address: "0.0.0.0" },
	]);
	const { port } = four.listener("udp");
	await four.transports.close();
	await using both = await bench(
		[UDP, TCP].flatMap((one) => ["0.0.0.0", "::"].map((address) => ({ ...one, address, port }))),
	);
	assert.equal(both.listeners.length, 4);
});

test("listeners can be added while others are open, and all end together", async () => {
	await using one = await bench([UDP]);
	const [tcp] = await one.transports.listen([{ id: 9, ...TCP }]);
	const peer = await Peer.connect(tcp?.port ?? 0);
	await one.transports.close();
	await peer.ended;
});
