/** WebSocket sockets of `listen:`, and the keys that only they have: `paths`, `origins`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { read, readGood } from "./reading.ts";

const listen = (keys: string, transport = "wss") =>
	`listen:\n  - { transport: ${transport}, address: "10.0.0.1:8443", ${keys} }\n`;

test("a WebSocket socket as text: any path, and the pages of our own addresses", async (t) => {
	const { listen: sockets } = await readGood(t, "listen: [wss:0.0.0.0:8443, WS:127.0.0.1:8080]");
	assert.deepEqual(sockets, [
		{ transport: "wss", address: "0.0.0.0", port: 8443, advertise: undefined },
		{ transport: "ws", address: "127.0.0.1", port: 8080, advertise: undefined },
	]);
});

test("origins are kept as browsers write them, paths as they are", async (t) => {
	const origins =
		'"https://Phone.example.com/", "https://a.example:443", "http://a.example:80", "http://localhost:5173", "https://*.example.org:8443", "https://[2001:db8::1]", "capacitor://localhost", "*"';
	const { listen: sockets } = await readGood(
		t,
		listen(`paths: [/, /ws, "/sip/phones"], origins: [${origins}]`),
	);
	assert.deepEqual(sockets[0]?.web, {
		paths: ["/", "/ws", "/sip/phones"],
		origins: [
			"https://phone.example.com",
			"https://a.example",
			"http://a.example",
			"http://localhost:5173",
			"https://*.example.org:8443",
			"https://[2001:db8::1]",
			"capacitor://localhost",
			"*",
		],
	});
	const { listen: closed } = await readGood(t, listen("origins: []", "ws"));
	assert.deepEqual(closed[0]?.web, { paths: undefined, origins: [] });
});

test("RFC 6455 §10.2: what no browser would say is no origin", async (t) => {
	for (const written of [
		"phone.example.com",
		"https://phone.example.com/app",
		"https://a@phone.example.com",
		"https://a.*.example.com",
		"https://*example.com",
		"https://*",
		"https://",
		"null",
		"**",
	])
		assert.deepEqual(
			(await read(t, listen(`origins: ["${written}"]`))).errors,
			[
				`2:59 error CONFIG_VALUE origins: "${written}" is no origin of a web page → write https://phone.example.com, without a path`,
			],
			written,
		);
	for (const written of ["ws", "/ws?a=1", "/w s", "https://h/ws"])
		assert.deepEqual((await read(t, listen(`paths: ["${written}"]`))).errors, [
			`2:57 error CONFIG_VALUE paths: "${written}" is no path → write /ws`,
		]);
});

test("paths and origins are for WebSocket alone", async (t) => {
	assert.deepEqual((await read(t, listen("paths: [/ws], origins: []", "tls"))).errors, [
		"2:56 error CONFIG_COMBINATION listen: paths is for WebSocket, and this socket is tls → remove paths, or write transport: wss",
		"2:72 error CONFIG_COMBINATION listen: origins is for WebSocket, and this socket is tls → remove origins, or write transport: wss",
	]);
});

test("a wss socket without a certificate uses the one for development, and a warning says so", async (t) => {
	const { remarks } = await read(t, "listen: [wss:10.0.0.1:8443]");
	assert.equal(remarks.length, 1);
	assert.match(remarks[0] ?? "", /warning CONFIG_DEVELOPMENT_CERTIFICATE/);
});

test("RFC 7118 §5.5: a ws socket behind a balancer that ends TLS shows port 443, unless it is said otherwise", async (t) => {
	const shown = async (advertise: string) => {
		const keys = `tls-terminated: yes, balancers: [10.0.0.0/29], advertise: "${advertise}"`;
		return (await readGood(t, listen(keys, "ws"))).listen[0]?.advertise;
	};
	assert.deepEqual(await shown("sip.example.com"), { host: "sip.example.com", port: 443 });
	assert.deepEqual(await shown("sip.example.com:8443"), { host: "sip.example.com", port: 8443 });
	const keys = 'tls-terminated: yes, balancers: [10.0.0.9], advertise: "sip.example.com"';
	assert.deepEqual((await read(t, listen(keys))).errors, [
		"2:65 error CONFIG_COMBINATION listen: tls-terminated says that TLS ends before us, and this socket is wss → write transport: ws, or remove it",
	]);
});

test("a device that is called at its address over TLS needs a tls socket: a wss one does not reach it", async (t) => {
	const yaml = `listen: [wss:10.0.0.1:8443]
devices: { "5000": { type: Extension, contact: "sips:10.0.0.9:5061" } }
`;
	assert.match((await read(t, yaml)).remarks.join("\n"), /CONFIG_UNREACHABLE .*has no tls socket/);
});

test("forwarded-for is for WebSocket alone, says nothing twice, and has to say who the balancers are", async (t) => {
	const keys = "tls-terminated: yes, forwarded-for: yes, balancers: [127.0.0.1]";
	const { listen: sockets } = await readGood(t, listen(`${keys}, advertise: a.example`, "ws"));
	const { from, ...said } = sockets[0]?.balancer ?? {};
	assert.deepEqual(said, { tlsTerminated: true, proxyProtocol: false, forwardedFor: true });
	assert.deepEqual([from?.contains("127.0.0.1"), from?.contains("127.0.0.2")], [true, false]);
	for (const [transport, given, error] of [
		[
			"wss",
			"forwarded-for: yes",
			"2:5 error CONFIG_REQUIRED listen: nothing says where the balancer connects from, and nobody else may → write balancers: [10.0.0.0/24]",
		],
		[
			"tls",
			"forwarded-for: yes, balancers: [10.0.0.9]",
			"2:64 error CONFIG_COMBINATION listen: forwarded-for is a header of HTTP, and this socket is tls → remove it",
		],
		[
			"wss",
			"forwarded-for: yes, proxy-protocol: yes",
			"2:64 error CONFIG_COMBINATION listen: forwarded-for and proxy-protocol both say where the client is → remove it",
		],
	] as const)
		assert.deepEqual((await read(t, listen(given, transport))).errors, [error]);
});

test("pages from anywhere and a trusted network are a warning; either of them alone is none", async (t) => {
	const warnings = async (origins: string, trusted: string) => {
		const { remarks } = await read(t, `${listen(`origins: [${origins}]`, "ws")}${trusted}`);
		return remarks;
	};
	assert.deepEqual(await warnings('"*"', "trusted: [127.0.0.0/8, 10.20.0.0/16]"), [
		"2:3 warning CONFIG_TRUSTS_PAGES listen: pages from anywhere may connect, and who is in 10.20.0.0/16 is asked for no password: any page that somebody there opens may call anywhere → write the origins of your own pages, or take the networks of browsers out of trusted",
	]);
	assert.deepEqual(await warnings('"*"', 'trusted: [127.0.0.1, "::1"]'), []);
	assert.deepEqual(await warnings('"*"', ""), []);
	assert.deepEqual(await warnings('"https://a.example"', "trusted: [10.20.0.0/16]"), []);
});
