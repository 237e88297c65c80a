/** The header of a balancer, as it may come: whole, cut anywhere, and wrong in every way. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
	PROXY_HEADER_MAX,
	type ProxyHeader,
	readProxyHeader,
} from "../../core/transport/proxy-header.ts";
import { seeded } from "../support/seeded.ts";
import { binary, SIGNATURE } from "./proxy-headers.ts";

const read = (octets: string) => readProxyHeader(Buffer.from(octets, "latin1"));
const peerOf = (header: ProxyHeader) => {
	assert.equal(header.kind, "header", JSON.stringify(header));
	return header.kind === "header" ? header.peer : undefined;
};

const IPV4 = [192, 0, 2, 7, 203, 0, 113, 5, 0x9c, 0x40, 0x13, 0xc5];
const IPV6 = [
	...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7],
	...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5],
	...[0x9c, 0x40, 0x13, 0xc5],
];
const CLIENT = { host: "192.0.2.7", port: 40_000 };
const CLIENT6 = { host: "2001:db8::7", port: 40_000 };

for (const [title, octets, peer] of [
	["version 1, IPv4", "PROXY TCP4 192.0.2.7 203.0.113.5 40000 5061\r\n", CLIENT],
	["version 1, IPv6", "PROXY TCP6 2001:DB8:0::7 2001:db8::5 40000 5061\r\n", CLIENT6],
	["version 1, a mapped address", "PROXY TCP6 ::ffff:192.0.2.7 ::1 40000 5061\r\n", CLIENT],
	["version 1, UNKNOWN", "PROXY UNKNOWN\r\n", undefined],
	["version 1, UNKNOWN with anything", "PROXY UNKNOWN ff:: whatever  \xff 1\r\n", undefined],
	["version 2, IPv4", binary(0x21, 0x11, IPV4), CLIENT],
	["version 2, IPv6", binary(0x21, 0x21, IPV6), CLIENT6],
	["version 2, more behind the addresses", binary(0x21, 0x11, [...IPV4, 3, 0, 1, 9]), CLIENT],
	["version 2, LOCAL", binary(0x20, 0, []), undefined],
	["version 2, LOCAL with addresses", binary(0x20, 0x11, IPV4), undefined],
	["version 2, unspecified", binary(0x21, 0, []), undefined],
	["version 2, unspecified with something", binary(0x21, 0, [1, 2, 3]), undefined],
	["version 2, UDP", binary(0x21, 0x12, IPV4), undefined],
	["version 2, a UNIX socket", binary(0x21, 0x31, new Array<number>(216).fill(1)), undefined],
] as const) {
	test(`PROXY protocol: ${title}`, () => {
		const header = read(`${octets}INVITE`);
		assert.deepEqual(peerOf(header), peer);
		assert.equal(header.kind === "header" && header.length, octets.length);
	});

	test(`PROXY protocol: ${title}, cut anywhere, is waited for`, () => {
		for (let end = 0; end < octets.length; end += 1)
			assert.deepEqual(read(octets.slice(0, end)), { kind: "incomplete" }, `${end} octets`);
	});
}

for (const [title, octets] of [
	["SIP instead", "INVITE sip:a@b SIP/2.0\r\n"],
	["TLS instead", "\x16\x03\x01\x02\x00"],
	["a keep-alive instead", "\r\n\r\n\r\n"],
	["lower case", "proxy TCP4 192.0.2.7 203.0.113.5 40000 5061\r\n"],
	["no space", "PROXYTCP4"],
	["another protocol", "PROXY UDP4 192.0.2.7 203.0.113.5 40000 5061\r\n"],
	["a protocol that begins like UNKNOWN", "PROXY UNKNOWNS\r\n"],
	["two spaces", "PROXY TCP4  192.0.2.7 203.0.113.5 40000 5061\r\n"],
	["a space at the end", "PROXY TCP4 192.0.2.7 203.0.113.5 40000 5061 \r\n"],
	["a tab", "PROXY TCP4\t192.0.2.7 203.0.113.5 40000 5061\r\n"],
	["no ports", "PROXY TCP4 192.0.2.7 203.0.113.5\r\n"],
	["one port", "PROXY TCP4 192.0.2.7 203.0.113.5 40000\r\n"],
	["a line feed alone", "PROXY TCP4 192.0.2.7 203.0.113.5 40000 5061\n"],
	["a carriage return alone", `PROXY TCP4 192.0.2.7 203.0.113.5 40000 5061\r${"x".repeat(99)}`],
	["a line without end", `PROXY UNKNOWN ${"x".repeat(200)}`],
	["a line one octet too long", `PROXY UNKNOWN ${"x".repeat(92)}\r\n`],
	["IPv6 under TCP4", "PROXY TCP4 2001:db8::7 2001:db8::5 40000 5061\r\n"],
	["IPv4 under TCP6", "PROXY TCP6 192.0.2.7 203.0.113.5 40000 5061\r\n"],
	["families mixed", "PROXY TCP4 192.0.2.7 2001:db8::5 40000 5061\r\n"],
	["brackets", "PROXY TCP6 [2001:db8::7] [2001:db8::5] 40000 5061\r\n"],
	["a zone", "PROXY TCP6 fe80::7%eth0 fe80::5 40000 5061\r\n"],
	["an octet too large", "PROXY TCP4 192.0.2.256 203.0.113.5 40000 5061\r\n"],
	["a leading zero in an address", "PROXY TCP4 192.0.02.7 203.0.113.5 40000 5061\r\n"],
	["a leading zero in a port", "PROXY TCP4 192.0.2.7 203.0.113.5 040000 5061\r\n"],
	["a port too large", "PROXY TCP4 192.0.2.7 203.0.113.5 65536 5061\r\n"],
	["a port with a sign", "PROXY TCP4 192.0.2.7 203.0.113.5 +1 5061\r\n"],
	["a group as the client", "PROXY TCP4 224.0.1.75 203.0.113.5 40000 5061\r\n"],
	["nobody as the client", "PROXY TCP6 :: 2001:db8::5 40000 5061\r\n"],
	["version 3", binary(0x31, 0x11, IPV4)],
	["an unknown command", binary(0x22, 0x11, IPV4)],
	["an unknown family", binary(0x21, 0x41, IPV4)],
	["an unknown protocol", binary(0x21, 0x13, IPV4)],
	["IPv4 addresses cut short", binary(0x21, 0x11, IPV4.slice(1))],
	["IPv6 addresses cut short", binary(0x21, 0x21, IPV6.slice(1))],
	["a UNIX path cut short", binary(0x21, 0x31, IPV6)],
	["everybody as the client", binary(0x21, 0x11, [255, 255, 255, 255, ...IPV4.slice(4)])],
	["a wrong signature", `${SIGNATURE.slice(0, 11)}X!\x11\x00\x0c`],
	["a header too long", `${SIGNATURE}\x21\x11\xff\xff`],
] as const)
	test(`PROXY protocol: ${title} is malformed, at once`, () => {
		const header = read(octets);
		assert.equal(header.kind, "malformed", JSON.stringify(header));
	});

test("PROXY protocol: whatever comes, it is read, waited for within the limit, or refused", () => {
	const good = [
		"PROXY TCP4 192.0.2.7 203.0.113.5 40000 5061\r\n",
		"PROXY TCP6 2001:db8::7 2001:db8::5 40000 5061\r\n",
		binary(0x21, 0x11, IPV4),
		binary(0x21, 0x21, IPV6),
	];
	const kinds = new Set<string>();
	for (let seed = 1; seed <= 20_000; seed += 1) {
		const random = seeded(seed);
		const octets = Buffer.from(good[random.below(good.length)] ?? "", "latin1");
		for (let change = random.below(4); change >= 0; change -= 1)
			octets[random.below(octets.length)] = random.below(256);
		const padded = Buffer.concat([octets, Buffer.alloc(random.below(3) * PROXY_HEADER_MAX)]);
		const header = readProxyHeader(padded);
		kinds.add(header.kind);
		if (padded.length >= PROXY_HEADER_MAX) assert.notEqual(header.kind, "incomplete", `${seed}`);
		if (header.kind !== "header") continue;
		assert.ok(header.length <= Math.min(padded.length, PROXY_HEADER_MAX), `${seed}`);
		const { host = "192.0.2.1", port = 1 } = header.peer ?? {};
		assert.match(host, /^[0-9a-f.:]+$/, `${seed}`);
		assert.ok(port >= 0 && port <= 65_535, `${seed}`);
		// More behind it changes nothing.
		assert.deepEqual(readProxyHeader(padded.subarray(0, header.length)), header, `${seed}`);
	}
	assert.deepEqual([...kinds].sort(), ["header", "incomplete", "malformed"]);
});
