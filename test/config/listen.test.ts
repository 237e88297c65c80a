/** The block `listen`: texts and blocks, the TCP that comes with UDP, what messages show. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { read, readGood } from "./reading.ts";

async function opened(...args: Parameters<typeof readGood>): Promise<string[]> {
	const { listen } = await readGood(...args);
	return listen.map(({ transport, address, port, advertise }) => {
		const shown = advertise === undefined ? "" : ` as ${advertise.host}:${advertise.port}`;
		return `${transport} ${address} ${port}${shown}`;
	});
}

test("RFC 3261 §18.2.1 TR-01: a UDP socket brings TCP on the same address and port", async (t) => {
	assert.deepEqual(await opened(t, "listen: [udp:10.0.0.1:5070]"), [
		"udp 10.0.0.1 5070",
		"tcp 10.0.0.1 5070",
	]);
});

test("RFC 3261 §18.2.1: it does not when TCP is listed itself, or with tcp: no", async (t) => {
	assert.deepEqual(await opened(t, "listen: [udp:10.0.0.1:5060, tcp:10.0.0.1]"), [
		"udp 10.0.0.1 5060",
		"tcp 10.0.0.1 5060",
	]);
	const alone = 'listen: [{ transport: udp, address: "10.0.0.1:5060", tcp: no }]';
	assert.deepEqual(await opened(t, alone), ["udp 10.0.0.1 5060"]);
});

test("IPv6 stands in brackets, in both forms", async (t) => {
	const yaml = `listen: ["tls:[::1]:5061", { transport: tcp, address: "[2001:db8::1]:5070" }, "tcp:[::1]"]`;
	assert.deepEqual(await opened(t, yaml), ["tls ::1 5061", "tcp 2001:db8::1 5070", "tcp ::1 5060"]);
});

test("RFC 3261 §18.1.1 §19.1.2, RFC 7118 §5.5 TR-02: without a port it is 5060, for TLS 5061, for WebSocket 80 and 443", async (t) => {
	const yaml = "listen: [tcp:10.0.0.1, tls:10.0.0.1, ws:10.0.0.1, wss:10.0.0.1]";
	assert.deepEqual(await opened(t, yaml), [
		"tcp 10.0.0.1 5060",
		"tls 10.0.0.1 5061",
		"ws 10.0.0.1 80",
		"wss 10.0.0.1 443",
	]);
});

test("advertise: a host takes the port of the socket, TCP shows what its UDP shows", async (t) => {
	const yaml = `listen:
  - { transport: udp, address: "10.0.0.1:5070", advertise: sip.example.com }
  - { transport: tls, address: "10.0.0.1", advertise: "[2001:db8::1]:443" }
`;
	assert.deepEqual(await opened(t, yaml), [
		"udp 10.0.0.1 5070 as sip.example.com:5070",
		"tcp 10.0.0.1 5070 as sip.example.com:5070",
		"tls 10.0.0.1 5061 as [2001:db8::1]:443",
	]);
});

test("every address of the machine: a note says what messages show, unless advertise does", async (t) => {
	const yaml = "listen:\n  - tcp:0.0.0.0:5060\n  - tcp:[::]:5060\n";
	assert.deepEqual(await opened(t, yaml), ["tcp 0.0.0.0 5060", "tcp :: 5060"]);
	assert.deepEqual((await read(t, yaml)).remarks, [
		'2:5 note CONFIG_ADVERTISE listen: messages cannot show 0.0.0.0; they show the first address of this machine that others reach → write advertise: "sip.example.com" to choose',
		'3:5 note CONFIG_ADVERTISE listen: messages cannot show ::; they show the first address of this machine that others reach → write advertise: "sip.example.com" to choose',
	]);
	const shown = `listen: [{ transport: tcp, address: "[::]:5060", advertise: "[2001:db8::7]" }]`;
	assert.deepEqual((await read(t, shown)).remarks, []);
	assert.deepEqual(await opened(t, shown), ["tcp :: 5060 as [2001:db8::7]:5060"]);
});

test("port 0 takes a free port each time, and messages show the one taken", async (t) => {
	const yaml = `listen:
  - udp:127.0.0.1:0
  - { transport: tcp, address: "127.0.0.1:0", advertise: sip.example.com }
  - tcp:127.0.0.1:0
`;
	assert.deepEqual(await opened(t, yaml), [
		"udp 127.0.0.1 0",
		"tcp 127.0.0.1 0 as sip.example.com:0",
		"tcp 127.0.0.1 0",
	]);
});

test("sockets that cannot be opened are refused, each with its place", async (t) => {
	const { errors } = await read(
		t,
		`listen:
  - sctp:10.0.0.1:5060
  - 10.0.0.1:5060
  - udp:sip.example.com:5060
  - udp:10.0.0.1:70000
  - ws:sip.example.com
  - { transport: wsss, address: "10.0.0.1:443" }
  - { address: "10.0.0.1:5060" }
  - { transport: tls }
  - { transport: tls, address: "10.0.0.1", tcp: no }
  - { transport: tls, address: "10.0.0.1:5071", tls-terminated: true, proxy-protocol: yes }
  - { transport: tcp, address: "10.0.0.1:5072", advertise: "0.0.0.0" }
  - tcp:10.0.0.1:5080
  - tcp:10.0.0.1:5080
  - [udp]
`,
	);
	assert.deepEqual(errors, [
		'2:5 error CONFIG_VALUE listen: "sctp:10.0.0.1:5060" names no transport → write udp:0.0.0.0:5060, tcp:…, tls:…, ws:… or wss:…',
		'3:5 error CONFIG_VALUE listen: "10.0.0.1:5060" names no transport → write udp:10.0.0.1:5060, tcp:…, tls:…, ws:… or wss:…',
		'4:9 error CONFIG_VALUE listen: "udp:sip.example.com:5060" has no IP address and port → write udp:0.0.0.0:5060, or "udp:[::1]:5060" for IPv6',
		'5:9 error CONFIG_VALUE listen: "udp:10.0.0.1:70000" has no IP address and port → write udp:0.0.0.0:5060, or "udp:[::1]:5060" for IPv6',
		'6:8 error CONFIG_VALUE listen: "ws:sip.example.com" has no IP address and port → write ws:0.0.0.0:80, or "ws:[::1]:80" for IPv6',
		'7:18 error CONFIG_VALUE transport: "wsss" is not known → write transport: wss',
		"8:5 error CONFIG_REQUIRED listen: this socket has no transport → write transport: udp",
		'9:5 error CONFIG_REQUIRED listen: this socket has no address → write address: "0.0.0.0:5060"',
		"10:5 error CONFIG_COMBINATION listen: tcp says whether TCP comes with a UDP socket, and this one is tls → remove tcp",
		"11:65 error CONFIG_COMBINATION listen: tls-terminated says that TLS ends before us, and this socket is tls → write transport: tcp, or remove it",
		'12:60 error CONFIG_VALUE advertise: "0.0.0.0" is no host that peers can reply to → write advertise: "sip.example.com:5061"',
		"14:5 error CONFIG_DUPLICATE listen: tcp:10.0.0.1:5080 is opened on line 13 already → keep one of the two",
		'15:5 error CONFIG_VALUE listen: "" names no transport → write udp:0.0.0.0:5060, tcp:…, tls:…, ws:… or wss:…',
	]);
});

test("listen is a list with at least one socket", async (t) => {
	for (const yaml of ["listen: udp:10.0.0.1:5060", "listen: []"])
		assert.deepEqual((await read(t, yaml)).errors, [
			"1:9 error CONFIG_TYPE listen must be a list of sockets → write listen: [udp:0.0.0.0:5060]",
		]);
});
