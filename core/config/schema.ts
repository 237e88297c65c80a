/** Every key of the configuration but those of one device and of `secure-signaling`: kind, default, meaning. */
import { z } from "zod";
import {
	choice,
	flag,
	flagOr,
	integer,
	limit,
	list,
	scalar,
	text,
	valueDocs,
	wrong,
} from "./fields.ts";
import { isHost, parseAddress } from "./host.ts";
import { network } from "./network-field.ts";
import { origin } from "./origin.ts";
import { route } from "./route-field.ts";
import { key } from "./section.ts";

const domain = scalar<string>(
	{ values: "domain name or IP address", example: "example.com" },
	(written) =>
		isHost(written) ? { value: written.toLowerCase() } : wrong("is no domain", "example.com"),
);

const adminAddress = scalar<{ address: string; port: number }>(
	{ values: "address and port", example: '"127.0.0.1:8060"' },
	(written) => {
		const { address, port } = parseAddress(written) ?? {};
		return address === undefined || port === undefined
			? wrong("is no address and port", '"127.0.0.1:8060"')
			: { value: { address, port } };
	},
);

const path = (example: string) => text("path, relative to this file", example);
const restart = { restart: true };
const nextConnection = { nextConnection: true };

export const tlsShape = {
	certificate: key(path("certs/fullchain.pem").optional(), "PEM file with our certificate chain"),
	key: key(path("certs/privkey.pem").optional(), "PEM file with its private key"),
	more: key(
		z
			.unknown()
			.register(valueDocs, {
				values: "list of blocks with `certificate` and `key`",
				example: "[{ certificate: …, key: … }]",
			})
			.optional(),
		"further certificates, each shown to clients that ask for a name in it (SNI); others get the first",
	),
	ca: key(
		path("certs/ca.pem").optional(),
		"PEM file with authorities trusted besides the system's",
	),
	"verify-client": key(
		flagOr("optional").default(false),
		"whether a TLS client must show a certificate that one of them signed; `optional`: it is asked for one, and scripts read whose it is",
	),
};

export const furtherTlsShape = { certificate: tlsShape.certificate, key: tlsShape.key };

export const authShape = {
	realm: key(
		text("text", "sip.example.com").optional(),
		"the realm of digest challenges; without it the first of `domains`, or `sipwright`",
	),
	algorithms: key(
		list(choice(["SHA-256", "SHA-512-256", "MD5"])).default(["SHA-256", "MD5"]),
		"the digest algorithms offered, in this order (RFC 8760)",
	),
	"nonce-lifetime": key(
		integer({ min: 10, max: 86_400 }).default(300),
		"seconds until a nonce is stale and the device is asked again",
	),
};

export const registrarShape = {
	"min-expires": key(
		integer({ min: 1, max: 86_400 }).default(60),
		"seconds: a REGISTER that asks for less gets 423 (RFC 3261 §10.3)",
	),
	"max-expires": key(
		integer({ min: 1, max: 604_800 }).default(7200),
		"seconds: a REGISTER that asks for more gets this",
	),
	"default-expires": key(
		integer({ min: 1, max: 604_800 }).default(3600),
		"seconds for a REGISTER that asks for nothing",
	),
	"max-bindings": key(
		integer({ min: 1, max: 100 }).default(10),
		"Contacts that one device may have at a time, where it says none of its own",
	),
	"when-full": key(
		choice(["refuse", "replace"]).default("refuse"),
		"what a Contact beyond `max-bindings` gets: 403, or the place of the one that was refreshed longest ago",
	),
	"flow-timer": key(
		limit({ min: 30, max: 3600 }).default(120),
		"seconds between keep-alives that a device with outbound is told to send over TCP and TLS; one that is silent for 15 s longer has left (RFC 5626 §5.4)",
	),
	gruu: key(
		flag().default(true),
		"whether a device that asks for it is told an address that leads to it alone, of all that share its number (RFC 5627)",
	),
	"service-route": key(
		list(route).default([]),
		"proxies that a registered device sends its calls through, told in the 200 (RFC 3608)",
	),
	path: key(
		choice(["supported", "any"]).default("supported"),
		"whose Path is followed when a proxy in front adds one (RFC 3327 §5.3): of devices that say `Supported: path`, others get 420; or of `any`",
	),
};

export const edgeShape = {
	path: key(
		choice(["supported", "any", "required", "off"]).default("supported"),
		"which phones that register elsewhere through us are called through us, along the flow that they registered on (RFC 3327, RFC 5626): those that say `Supported: path`; `any`, which the registrar has to allow; `required`: others get 421, and a registrar that does not know Path refuses; `off`: none",
	),
};

export const natShape = {
	ping: key(
		limit({ min: 5, max: 3600 }).default(30),
		"seconds between two pings to a phone that registered over UDP, so that a NAT keeps the way to it open; `off`: none",
	),
	"ping-to": key(
		choice(["behind-nat", "all"]).default("behind-nat"),
		"which phones: those whose Contact is not the address that they sent from, or `all`, which a phone needs that writes the address of its NAT into Contact and is silent itself",
	),
	"ping-with": key(
		choice(["options", "crlf"]).default("options"),
		"what is sent: OPTIONS, whose answer keeps any NAT open; or `crlf`, an empty datagram that nobody answers, and that not every NAT counts (RFC 4787 §4.3)",
	),
	"drop-after": key(
		limit({ min: 2, max: 100 }).default(Infinity),
		"pings in a row without an answer that end the registration of a phone; `off`: it lives until it expires",
	),
};

export const udpShape = {
	"max-request": key(
		limit({ min: 500, max: 65_000 }).default(1300),
		"octets of a request that goes out over UDP; a larger one goes by TCP to the same address and port, and by UDP after all where TCP is refused (RFC 3261 §18.1.1). `off`: always UDP",
	),
};

export const timersShape = {
	t1: key(
		integer({ min: 50, max: 5_000 }).default(500),
		"milliseconds of a round trip: nearly all timers of RFC 3261 §17 grow with it; below 500 in private networks only",
	),
	t2: key(
		integer({ min: 50, max: 30_000 }).default(4_000),
		"milliseconds between repeats at most, but for INVITE requests",
	),
	t4: key(
		integer({ min: 50, max: 30_000 }).default(5_000),
		"milliseconds that a message may stay in the network",
	),
};

export const adminShape = {
	address: key(
		adminAddress.default({ address: "127.0.0.1", port: 8060 }),
		"where the admin API listens; the token is in `state/admin-token`",
	),
};

export const scriptShape = {
	"timeout-ms": key(
		integer({ min: 1, max: 10_000 }).default(50),
		"milliseconds of processor time that a route script has for one request",
	),
	"start-timeout-ms": key(
		integer({ min: 10, max: 10_000 }).default(1_000),
		"milliseconds that the top level of the route scripts may take",
	),
	"heap-mb": key(
		integer({ min: 8, max: 1024 }).default(64),
		"megabytes that one generation of the scripts may use",
	),
	"deadline-ms": key(
		integer({ min: 10, max: 60_000 }).default(5_000),
		"milliseconds that a route script may wait for what it calls, such as `fetch`, before its request gets the fallback",
	),
	"host-calls": key(
		integer({ min: 1, max: 1_000 }).default(32),
		"how often a route script may call `kv`, `fetch`, `dns` and `lookup` for one request",
	),
	fetch: key(
		list(origin).default([]),
		"the HTTP servers that a route script may `fetch` from; without it none",
	),
	"fetch-timeout-ms": key(
		integer({ min: 10, max: 60_000 }).default(2_000),
		"milliseconds that one `fetch` may take, unless the script sets its `timeout`",
	),
	fallback: key(
		choice(["500", "built-in"]).default("500"),
		"what a request gets whose script failed: 500, or the built-in routes",
	),
};

/** A key whose value is read by a file of its own. */
const block = (example: string, about: string, more = {}) =>
	key(z.unknown().register(valueDocs, { values: "below", example }).optional(), about, more);

export const topShape = {
	listen: block(
		"[udp:0.0.0.0:5060]",
		"the sockets to open; without it UDP and TCP on 127.0.0.1:5060 and TLS on 127.0.0.1:5061",
		restart,
	),
	tls: block(
		"{ certificate: …, key: … }",
		"our certificate; without it one made for development",
		nextConnection,
	),
	domains: key(list(domain).default([]), "domains that are ours, besides every listener address"),
	trusted: key(
		list(network).optional(),
		'networks whose requests are accepted as they are; without it loopback only: `[127.0.0.0/8, "::1"]`',
	),
	routes: key(
		path("./routes").optional(),
		"the route scripts: a file, or a folder whose entry is `default.ts`; without it the built-in routes",
	),
	state: key(
		path("./state").default("./state"),
		"folder for keys, registrations and the last good scripts",
		restart,
	),
	location: block("{ store: sqlite }", "where registrations are kept", restart),
	node: block(
		'{ name: edge-a, address: "tcp:10.0.0.5:5060" }',
		"who this node is to the others, where several share their registrations",
		restart,
	),
	auth: block("{ realm: sip.example.com }", "digest authentication: how passwords are asked for"),
	users: block(
		"./users.yaml",
		"who logs in, besides devices with a `password`: a block of users by name, or the path of a file with that block",
	),
	registrar: block("{ max-expires: 7200 }", "how long registrations live"),
	edge: block("{ path: any }", "phones that register with another registrar through us"),
	nat: block("{ ping: 30 }", "pings to phones behind NAT that registered over UDP"),
	udp: block("{ max-request: 1300 }", "what is sent over UDP"),
	timers: block("{ t1: 500 }", "how soon and how long messages are repeated over UDP"),
	admin: block('{ address: "127.0.0.1:8060" }', "the API behind `status` and `reload`", restart),
	"secure-signaling": block(
		"{ register: strict }",
		"`sips` per call leg; a device may override it",
	),
	script: block("{ timeout-ms: 50 }", "what a route script may use"),
	reload: block("{ typecheck: block }", "how changed route scripts are taken up"),
	devices: block(
		"./devices.yaml",
		"who is called and who calls: a block of devices by number or name, or the path of a file with that block",
	),
};
