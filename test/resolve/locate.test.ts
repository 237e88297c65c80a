/** Locating servers: which hops a URI leads to, and which questions are asked on the way. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LocateOptions } from "../../core/resolve/locate.ts";
import { a, naptr, resolve, show, srv, type Zone } from "./zone.ts";

const hops = (uri: string, zone?: Zone, options?: Partial<LocateOptions>) =>
	resolve(uri, zone, options).hops.map(show);
const questions = (uri: string, zone?: Zone, options?: Partial<LocateOptions>) =>
	resolve(uri, zone, options).asked;

const LITERALS: readonly (readonly [uri: string, hop: string])[] = [
	["sips:192.168.8.57;transport=tcp", "tls 192.168.8.57:5061 (192.168.8.57)"],
	["sips:192.168.8.57;transport=tls", "tls 192.168.8.57:5061 (192.168.8.57)"],
	["sips:192.168.8.57", "tls 192.168.8.57:5061 (192.168.8.57)"],
	["sips:192.168.8.58:5071;transport=TLS", "tls 192.168.8.58:5071 (192.168.8.58)"],
	["sips:192.168.8.57;transport=ws", "wss 192.168.8.57:443 (192.168.8.57)"],
	["sips:a@[2001:DB8::1]", "tls 2001:db8::1:5061 (2001:db8::1)"],
	["sip:10.0.0.9:5061;transport=tls", "tls 10.0.0.9:5061 (10.0.0.9)"],
	["sip:10.0.0.9;transport=tls", "tls 10.0.0.9:5061 (10.0.0.9)"],
	["sip:10.0.0.9;transport=ws", "ws 10.0.0.9:80"],
	["sip:10.0.0.9;transport=wss", "wss 10.0.0.9:443 (10.0.0.9)"],
	["sip:10.0.0.9;transport=tcp", "tcp 10.0.0.9:5060"],
	["sip:10.0.0.9;transport=UDP", "udp 10.0.0.9:5060"],
	["sip:10.0.0.9:5080", "udp 10.0.0.9:5080"],
	["sip:[::1]:5080", "udp ::1:5080"],
	["sip:a@example.com;maddr=10.0.0.9", "udp 10.0.0.9:5060"],
	["sips:a@example.com;maddr=10.0.0.9", "tls 10.0.0.9:5061 (example.com)"],
];

for (const [uri, hop] of LITERALS)
	test(`RFC 3263 §4.1, secure-signaling 6.4 G5b PX-85: ${uri} is ${hop}, and asks nothing`, () => {
		const { hops: found, asked } = resolve(uri);
		assert.deepEqual(found.map(show), [hop]);
		assert.deepEqual(asked, []);
	});

for (const [uri, hop] of [
	["sip:h.example;transport=udp", "udp 192.0.2.1:5060"],
	["sip:h.example;transport=tcp", "tcp 192.0.2.1:5060"],
	["sip:h.example;transport=tls", "tls 192.0.2.1:5061 (h.example)"],
	["sips:h.example", "tls 192.0.2.1:5061 (h.example)"],
	["sip:h.example;transport=ws", "ws 192.0.2.1:80"],
	["sips:h.example;transport=ws", "wss 192.0.2.1:443 (h.example)"],
	["sip:192.0.2.1", "udp 192.0.2.1:5060"],
	["sips:192.0.2.1", "tls 192.0.2.1:5061 (192.0.2.1)"],
	["sip:192.0.2.1;transport=ws", "ws 192.0.2.1:80"],
	["sips:192.0.2.1;transport=ws", "wss 192.0.2.1:443 (192.0.2.1)"],
] as const)
	test(`RFC 3261 §18.1.1 RFC 7118 §5.5 TR-02: ${uri} names no port and leads to ${hop}`, () => {
		assert.deepEqual(hops(uri, { "A h.example": a("192.0.2.1") }), [hop]);
	});

/** The table of the requirements, row by row; `h`, `fly` and `gw` have addresses and no other record. */
const ROWS: Readonly<Record<string, string>> = {
	"sips:192.168.8.57;transport=tcp": "tls 192.168.8.57:5061 (192.168.8.57)",
	"sips:192.168.8.57;transport=tls": "tls 192.168.8.57:5061 (192.168.8.57)",
	"sips:192.168.8.57": "tls 192.168.8.57:5061 (192.168.8.57)",
	"sips:h.example:5071;transport=TCP": "tls 192.0.2.1:5071 (h.example)",
	"sips:fly.example.com;transport=tls": "tls 192.0.2.7:5061 (fly.example.com)",
	"sips:h;transport=udp": "RESOLVE_SIPS_OVER_UDP",
	"sips:h;transport=ws": "wss 192.0.2.1:443 (h)",
	"sip:10.0.0.9:5061;transport=tls": "tls 10.0.0.9:5061 (10.0.0.9)",
	"sip:10.0.0.9;transport=tls": "tls 10.0.0.9:5061 (10.0.0.9)",
	"sip:gw.example.com:5060": "udp 192.0.2.8:5060",
};

test("secure-signaling G5b 6.4: the table of transports and ports, row by row", () => {
	const zone = {
		"A h.example": a("192.0.2.1"),
		"A h": a("192.0.2.1"),
		"A fly.example.com": a("192.0.2.7"),
		"A gw.example.com": a("192.0.2.8"),
	};
	for (const [uri, expected] of Object.entries(ROWS))
		if (expected.startsWith("RESOLVE")) assert.throws(() => hops(uri, zone), { code: expected });
		else assert.deepEqual(hops(uri, zone), [expected], uri);
});

const H = { "A h.example": a("192.0.2.1") };

test("secure-signaling 6.4 G5b PX-89: an explicit port asks for addresses only", () => {
	assert.deepEqual(resolve("sips:h.example:5071;transport=TCP", H).asked, [
		"AAAA h.example",
		"A h.example",
	]);
	assert.deepEqual(hops("sips:h.example:5071;transport=TCP", H), [
		"tls 192.0.2.1:5071 (h.example)",
	]);
	assert.deepEqual(hops("sip:h.example:5060", H), ["udp 192.0.2.1:5060"]);
	assert.deepEqual(questions("sip:h.example:5060", H), ["AAAA h.example", "A h.example"]);
});

const FLY = "sips:fly.example.com;transport=tls";

test("secure-signaling 6.4 G5b PX-90: sips with a transport asks SRV _sips._tcp, and without records for addresses", () => {
	const zone = { "A fly.example.com": a("192.0.2.7") };
	assert.deepEqual(hops(FLY, zone), ["tls 192.0.2.7:5061 (fly.example.com)"]);
	assert.deepEqual(questions(FLY, zone), [
		"SRV _sips._tcp.fly.example.com",
		"AAAA fly.example.com",
		"A fly.example.com",
	]);
});

test("RFC 5922 §7.3, secure-signaling G5b TR-36: behind SRV the server still has to prove the host of the URI", () => {
	const zone = {
		"SRV _sips._tcp.fly.example.com": [srv("edge.example.net", 5071)],
		"A edge.example.net": a("192.0.2.8"),
	};
	assert.deepEqual(hops(FLY, zone), ["tls 192.0.2.8:5071 (fly.example.com)"]);
});

test("secure-signaling G5b: srv-sips-tls asks _sips._tls too, only when _sips._tcp has no record", () => {
	const tls = { "SRV _sips._tls.fly.example.com": [srv("e", 5062)], "A e": a("192.0.2.9") };
	assert.deepEqual(hops(FLY, tls, { srvSipsTls: true }), ["tls 192.0.2.9:5062 (fly.example.com)"]);
	assert.throws(() => hops(FLY, tls), { code: "RESOLVE_NO_HOP" });
	const both = { ...tls, "SRV _sips._tcp.fly.example.com": [srv("e", 5061)] };
	assert.deepEqual(hops(FLY, both, { srvSipsTls: true }), ["tls 192.0.2.9:5061 (fly.example.com)"]);
	// A record that says there is no such service is a record (RFC 2782).
	const none = { ...tls, "SRV _sips._tcp.fly.example.com": [srv(".", 0)] };
	assert.throws(() => hops(FLY, none, { srvSipsTls: true }), { code: "RESOLVE_NO_HOP" });
	assert.deepEqual(
		questions("sip:fly.example.com;transport=tls", tls, { srvSipsTls: true }).slice(0, 2),
		["SRV _sips._tcp.fly.example.com", "SRV _sips._tls.fly.example.com"],
	);
	assert.deepEqual(
		questions(
			"sip:fly.example.com;transport=tcp",
			{ "A fly.example.com": a("192.0.2.7") },
			{ srvSipsTls: true },
		)[0],
		"SRV _sip._tcp.fly.example.com",
	);
});

test("RFC 3261 §26.2.2, secure-signaling 6.4 G5b G5c PX-93 SIPS-13: sips with transport=udp leads nowhere, by name or by address", () => {
	for (const uri of ["sips:h.example;transport=udp", "sips:192.0.2.1;transport=UDP"])
		assert.throws(() => resolve(uri, H), { code: "RESOLVE_SIPS_OVER_UDP", status: 500 });
});

test("RFC 7118 §5.5, secure-signaling 6.4 G5b: WebSocket asks for addresses and uses port 443 or 80", () => {
	assert.deepEqual(hops("sips:h.example;transport=ws", H), ["wss 192.0.2.1:443 (h.example)"]);
	assert.deepEqual(hops("sip:h.example;transport=ws", H), ["ws 192.0.2.1:80"]);
	assert.deepEqual(questions("sip:h.example;transport=ws", H), ["AAAA h.example", "A h.example"]);
});

const NAPTR = {
	"NAPTR h.example": [
		naptr("SIP+D2U", "_sip._udp.h.example", 10),
		naptr("SIPS+D2T", "_sips._tcp.h.example", 20),
		naptr("SIP+D2S", "_sip._sctp.h.example", 1),
	],
	"SRV _sip._udp.h.example": [srv("u", 5060)],
	"SRV _sips._tcp.h.example": [srv("t", 5061)],
	"A u": a("192.0.2.1"),
	"A t": a("192.0.2.2"),
};

test("PX-86 PX-101 RFC 3263 §4.1: NAPTR by order, services that we do not speak left out", () => {
	assert.deepEqual(hops("sip:h.example", NAPTR), ["udp 192.0.2.1:5060"]);
	assert.deepEqual(questions("sip:h.example", NAPTR), [
		"NAPTR h.example",
		"SRV _sip._udp.h.example",
		"AAAA u",
		"A u",
	]);
	const equal = [
		naptr("SIP+D2U", "_sip._udp.h.example", 10, 2),
		naptr("SIPS+D2T", "_sips._tcp.h.example", 10, 1),
		naptr("SIP+D2T", "_sip._tcp.h.example", 11, 0),
	];
	const byPreference = hops("sip:h.example", { ...NAPTR, "NAPTR h.example": equal });
	assert.deepEqual(byPreference, ["tls 192.0.2.2:5061 (h.example)"], "order, then preference");
	const byTls = { ...NAPTR, "NAPTR h.example": [naptr("sips+d2t", "_sips._tcp.h.example")] };
	assert.deepEqual(hops("sip:h.example", byTls), ["tls 192.0.2.2:5061 (h.example)"]);
});

test("PX-86 SIPS-13: sips, and sip on a leg that demands TLS, take SIPS services only", () => {
	const expected = ["tls 192.0.2.2:5061 (h.example)"];
	assert.deepEqual(hops("sips:h.example", NAPTR), expected);
	assert.deepEqual(hops("sip:h.example", NAPTR, { secure: true }), expected);
	const plain = { ...NAPTR, "NAPTR h.example": NAPTR["NAPTR h.example"].slice(0, 1) };
	assert.deepEqual(questions("sips:h.example", plain).slice(0, 2), [
		"NAPTR h.example",
		"SRV _sips._tcp.h.example",
	]);
});

test("SIPS-04: a leg that demands TLS never sends a sip URI over anything else", () => {
	assert.deepEqual(hops("sip:192.0.2.1:5061", {}, { secure: true }), [
		"tls 192.0.2.1:5061 (192.0.2.1)",
	]);
	assert.deepEqual(hops("sip:192.0.2.1;transport=tcp", {}, { secure: true }), [
		"tls 192.0.2.1:5061 (192.0.2.1)",
	]);
	assert.throws(() => hops("sip:192.0.2.1;transport=udp", {}, { secure: true }), {
		code: "RESOLVE_SIPS_OVER_UDP",
	});
});

test("PX-87 RFC 3263 §4.1: without NAPTR, SRV of each transport in turn", () => {
	const tcp = { "SRV _sip._tcp.h.example": [srv("t", 5062)], "A t": a("192.0.2.2") };
	assert.deepEqual(hops("sip:h.example", tcp), ["tcp 192.0.2.2:5062"]);
	assert.deepEqual(questions("sip:h.example", tcp), [
		"NAPTR h.example",
		"SRV _sip._udp.h.example",
		"SRV _sip._tcp.h.example",
		"AAAA t",
		"A t",
	]);
	assert.deepEqual(questions("sip:h.example;transport=tcp", tcp)[0], "SRV _sip._tcp.h.example");
});

test("PX-88: without SRV the addresses of the name, at the default port of the scheme", () => {
	assert.deepEqual(hops("sip:h.example", H), ["udp 192.0.2.1:5060"]);
	assert.deepEqual(hops("sips:h.example", H), ["tls 192.0.2.1:5061 (h.example)"]);
});

test("PX-91 PX-92 RFC 2782 RFC 7984 §4: priorities in order, each target's addresses together, IPv6 before IPv4, all kept for failover", () => {
	const zone = {
		"SRV _sip._udp.h.example": [srv("second", 5062, 20), srv("first", 5061, 10)],
		"A first": a("192.0.2.1", "192.0.2.2"),
		"AAAA first": a("2001:db8::1"),
		"A second": a("192.0.2.3"),
	};
	assert.deepEqual(hops("sip:h.example;transport=udp", zone), [
		"udp 2001:db8::1:5061",
		"udp 192.0.2.1:5061",
		"udp 192.0.2.2:5061",
		"udp 192.0.2.3:5062",
	]);
	assert.deepEqual(hops("sip:h.example;transport=udp", zone, { families: ["A"] }).length, 3);
});

test('PX-91: a single target "." says there is no such service: no address of the name is tried', () => {
	const zone = { ...H, "SRV _sip._udp.h.example": [srv(".", 0)] };
	assert.throws(() => hops("sip:h.example;transport=udp", zone), { code: "RESOLVE_NO_HOP" });
	const tcp = { ...zone, "SRV _sip._tcp.h.example": [srv("h.example", 5060)] };
	assert.deepEqual(hops("sip:h.example", tcp), ["tcp 192.0.2.1:5060"]);
	assert.deepEqual(questions("sip:h.example", tcp), [
		...["NAPTR h.example", "SRV _sip._udp.h.example", "SRV _sip._tcp.h.example"],
		...["AAAA h.example", "A h.example"],
	]);
});

test("RFC 7118 App. B.1, RFC 2606 §2 TR-50: a name under .invalid is never looked up", () => {
	const asked: string[] = [];
	assert.throws(() => asked.push(...questions("sips:df7jal23ls0d.INVALID;transport=ws")), {
		code: "RESOLVE_NO_HOP",
	});
	assert.deepEqual(asked, []);
});

test("PX-67: no address and no answer from the name servers are told apart", () => {
	assert.throws(() => hops("sip:h.example:5060"), { code: "RESOLVE_NO_HOP", status: 500 });
	const broken = { "AAAA h.example": "failed", "A h.example": "failed" } as const;
	assert.throws(() => hops("sip:h.example:5060", broken), {
		code: "RESOLVE_DNS_FAILED",
		status: 500,
	});
	const half = { ...H, "AAAA h.example": "failed", "NAPTR h.example": "failed" } as const;
	assert.deepEqual(hops("sip:h.example", half), ["udp 192.0.2.1:5060"]);
});

test("RFC 3263 §4.1 RFC 4168 §4 TR-61: other schemes and transports that we do not speak are errors", () => {
	assert.throws(() => resolve("tel:+1"), { code: "RESOLVE_SCHEME", status: 416 });
	for (const transport of ["sctp", "SCTP", "tls-sctp"])
		assert.throws(() => resolve(`sip:192.0.2.1;transport=${transport}`), {
			code: "RESOLVE_TRANSPORT",
		});
	assert.throws(() => resolve("sips:192.0.2.1", {}, { transports: ["udp"] }), {
		code: "RESOLVE_TRANSPORT",
	});
});

test("PX-91: records and hops without end are cut off", () => {
	const many = Array.from({ length: 40 }, (_, index) => srv(`t${index}`, 5060, index));
	const zone: Zone = Object.fromEntries([
		["SRV _sip._udp.h.example", many],
		...many.map((_, index) => [`A t${index}`, a(`192.0.2.${index}`)]),
	]);
	const { hops: found, asked } = resolve("sip:h.example;transport=udp", zone);
	assert.equal(found.length, 16);
	assert.equal(asked.length, 1 + 2 * 16);
	const wide = Array.from({ length: 9 }, (_, index) => `192.0.2.${index}`);
	const twice = { ...zone, "A t0": a(...wide), "A t1": a(...wide) };
	assert.equal(questions("sip:h.example;transport=udp", twice).length, 1 + 2 * 2);
});
