/** Sockets behind a balancer: `tls-terminated`, `proxy-protocol`, `balancers`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { read, readGood } from "./reading.ts";

const SOCKET = 'transport: tcp, address: "10.0.0.5:5071"';
const listen = (keys: string, more = "") => `listen:\n  - { ${SOCKET}, ${keys} }\n${more}`;

async function findings(...args: Parameters<typeof read>): Promise<readonly string[]> {
	const { errors, remarks } = await read(...args);
	return [...errors, ...remarks];
}

test("a socket behind a TLS terminator that speaks the PROXY protocol: balancers are who is trusted", async (t) => {
	const keys = "tls-terminated: true, proxy-protocol: true";
	const { listen: sockets } = await readGood(t, listen(keys));
	assert.deepEqual(sockets, [
		{
			transport: "tcp",
			address: "10.0.0.5",
			port: 5071,
			advertise: undefined,
			balancer: {
				...{ tlsTerminated: true, proxyProtocol: true, forwardedFor: false },
				from: undefined,
			},
		},
	]);
	assert.deepEqual(await findings(t, listen(keys)), [
		'2:65 warning CONFIG_ADVERTISE listen: messages show this socket, and TLS is spoken at the balancer → write advertise: "sip.example.com:5061", the address of the balancer',
	]);
});

test("RFC 3261 §19.1.2: what is advertised for a TLS terminator has port 5061 unless it says another", async (t) => {
	const shown = async (advertise: string) => {
		const keys = `tls-terminated: yes, balancers: [10.0.0.0/29], advertise: "${advertise}"`;
		const { listen: sockets } = await readGood(t, listen(keys));
		return sockets[0]?.advertise;
	};
	assert.deepEqual(await shown("sip.example.com"), { host: "sip.example.com", port: 5061 });
	assert.deepEqual(await shown("sip.example.com:443"), { host: "sip.example.com", port: 443 });
});

test("balancers: who may connect", async (t) => {
	const keys = 'proxy-protocol: yes, balancers: [10.0.0.0/29, "2001:db8::1"]';
	const { listen: sockets } = await readGood(t, listen(keys));
	const from = sockets[0]?.balancer?.from;
	const peers = ["10.0.0.7", "2001:db8::1", "10.0.0.8", "127.0.0.1"];
	assert.deepEqual(
		peers.map((peer) => from?.contains(peer)),
		[true, true, false, false],
	);
});

test("a socket without a balancer has none", async (t) => {
	const { listen: sockets } = await readGood(t, listen("tls-terminated: no, proxy-protocol: no"));
	assert.deepEqual(Object.keys(sockets[0] ?? {}), ["transport", "address", "port", "advertise"]);
});

for (const [title, yaml, finding] of [
	[
		"tls-terminated without proxy-protocol has to say who the balancers are",
		listen('tls-terminated: yes, advertise: "sip.example.com"'),
		"2:5 error CONFIG_REQUIRED listen: nothing says where the balancer connects from, and nobody else may → write balancers: [10.0.0.0/24]",
	],
	[
		"no balancer at all could connect",
		listen("proxy-protocol: yes, balancers: []"),
		"2:81 error CONFIG_REQUIRED listen: nothing says where the balancer connects from, and nobody else may → write balancers: [10.0.0.0/24]",
	],
	[
		"balancers of a socket that has none",
		listen("balancers: [10.0.0.0/24]"),
		"2:60 error CONFIG_COMBINATION listen: balancers says who connects here, and nothing says that a balancer does → write tls-terminated: yes or proxy-protocol: yes too, or remove it",
	],
	[
		"a balancer by its name",
		listen("proxy-protocol: yes, balancers: [lb.example.com]"),
		'2:82 error CONFIG_VALUE balancers: "lb.example.com" is no network → write the address instead of the name',
	],
	[
		"TLS that ends before UDP",
		'listen: [{ transport: udp, address: "10.0.0.5", tls-terminated: yes, balancers: [10.0.0.1], advertise: a.example }]',
		"1:65 error CONFIG_COMBINATION listen: tls-terminated says that TLS ends before us, and this socket is udp → remove it",
	],
	[
		"a PROXY header on UDP",
		'listen: [{ transport: udp, address: "10.0.0.5", proxy-protocol: yes, balancers: [10.0.0.1] }]',
		"1:65 error CONFIG_COMBINATION listen: proxy-protocol is a header of connections, and this socket is udp → write transport: tcp or transport: tls, or remove it",
	],
	[
		"a balancer that is trusted, and everybody behind it",
		listen(
			"tls-terminated: yes, balancers: [10.0.0.1], advertise: a.example",
			"trusted: [192.0.2.0/24, 10.0.0.0/8]",
		),
		"2:3 warning CONFIG_TRUSTS_BALANCER listen: the balancer at 10.0.0.1 is in the trusted network 10.0.0.0/8, and without proxy-protocol everybody behind it is: anybody may call anywhere → write proxy-protocol: yes, and send the header from the balancer; or take it out of trusted",
	],
	[
		"a network of balancers with somebody trusted in it",
		listen(
			"tls-terminated: yes, balancers: [10.0.0.0/8], advertise: a.example",
			"trusted: [10.0.0.9]",
		),
		"2:3 warning CONFIG_TRUSTS_BALANCER listen: the balancer at 10.0.0.0/8 is in the trusted network 10.0.0.9, and without proxy-protocol everybody behind it is: anybody may call anywhere → write proxy-protocol: yes, and send the header from the balancer; or take it out of trusted",
	],
	[
		"a TLS terminator on this machine, where nobody said whom to trust",
		listen("tls-terminated: yes, balancers: [127.0.0.1], advertise: a.example"),
		"2:3 warning CONFIG_TRUSTS_BALANCER listen: the balancer at 127.0.0.1 is in the trusted network 127.0.0.0/8, and without proxy-protocol everybody behind it is: anybody may call anywhere → write proxy-protocol: yes, and send the header from the balancer; or take it out of trusted",
	],
] as const)
	test(`${title}: said with its place and what to write`, async (t) => {
		assert.deepEqual(await findings(t, yaml), [finding]);
	});

test("PROXY protocol before TLS, and balancers that nobody else trusts: nothing to say", async (t) => {
	for (const keys of [
		"proxy-protocol: yes, balancers: [10.0.0.1]",
		"tls-terminated: yes, balancers: [10.0.0.1], advertise: a.example",
	])
		assert.deepEqual(await findings(t, listen(keys, "trusted: [10.0.1.0/24]")), []);
	const tls = 'listen: [{ transport: tls, address: "10.0.0.5", proxy-protocol: yes }]';
	assert.deepEqual((await read(t, tls)).errors, []);
});
