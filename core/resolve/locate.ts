/**
 * Locating SIP servers: RFC 3263 §4, with RFC 2782, RFC 7118 §5.5 and RFC 7984 §3.
 *
 * A generator: it yields DNS questions, is fed answers, and returns the hops to try in order. An
 * IP literal asks nothing. `sips` never becomes anything but TLS or secure WebSocket. An address of
 * a group, of everybody or of nobody is no hop, whoever names it (RFC 4475 §3.3.10).
 */
import { DEFAULT_PORTS, type TransportName } from "../base/flow.ts";
import { canonicalAddress, isUnicast } from "../base/ip-address.ts";
import type { Random } from "../base/random.ts";
import { type Uri, uriParam } from "../message/uri.ts";
import type { AddressRecord, DnsAnswer, DnsQuestion, NaptrRecord, SrvRecord } from "./dns.ts";
import type { Hop } from "./hop.ts";
import { ResolveError } from "./resolve-error.ts";
import { orderSrv } from "./srv-order.ts";

export type LocateOptions = {
	readonly random: Random;
	/** What we can send on. */
	readonly transports: readonly TransportName[];
	/** Which addresses to ask for, the preferred family first. */
	readonly families: readonly ("A" | "AAAA")[];
	/** The leg demands TLS although the URI is `sip` (RFC 5630 §5.3). */
	readonly secure: boolean;
	/** Also ask for SRV `_sips._tls` when `_sips._tcp` has no record. */
	readonly srvSipsTls: boolean;
};

/** Questions in progress, and whether a name server failed to answer one. */
type Search = { readonly options: LocateOptions; readonly uri: Uri; failed: boolean };
type Steps<Result> = Generator<DnsQuestion, Result, DnsAnswer>;

/** SRV and NAPTR records that are looked at, and addresses that are returned: the rest is left out. */
const RECORDS_MAX = 16;
const HOPS_MAX = 16;

/** Throws ResolveError where there is nothing to try. */
export function* locate(uri: Uri, options: LocateOptions): Steps<readonly Hop[]> {
	if (uri.scheme !== "sip" && uri.scheme !== "sips")
		throw new ResolveError("RESOLVE_SCHEME", uri.text);
	const search: Search = { options, uri, failed: false };
	const named = namedTransport(uri, options);
	const target = uriParam(uri, "maddr")?.value ?? uri.host;
	const literal = canonicalAddress(target) ?? threeColons(target);
	const hops =
		literal === undefined
			? isNoName(target)
				? []
				: yield* byName(search, target, named)
			: [hop(uri, named ?? numericTransport(search), literal, uri.port)];
	const usable = hops.filter(({ host }) => isUnicast(host));
	if (usable.length > 0) return usable.slice(0, HOPS_MAX);
	throw new ResolveError(search.failed ? "RESOLVE_DNS_FAILED" : "RESOLVE_NO_HOP", uri.text);
}

/** `[2001:db8:::192.0.2.1]`, which RFC 3261 §25 allowed: its author meant two colons (RFC 5118 §4.10). */
function threeColons(target: string): string | undefined {
	const bug = target.startsWith("[") && target.includes(".");
	return bug ? canonicalAddress(target.replace(":::", "::")) : undefined;
}

/** Brackets around what is no address; a made-up name, which stands for a flow (RFC 7118 appendix B.1, RFC 2606 §2). */
function isNoName(target: string): boolean {
	return target.startsWith("[") || target.toLowerCase().endsWith(".invalid");
}

/** The transport that the URI names, as its scheme reads it; undefined when it names none. */
function namedTransport(uri: Uri, options: LocateOptions): TransportName | undefined {
	const secure = uri.scheme === "sips" || options.secure;
	const name = uriParam(uri, "transport")?.value?.toLowerCase();
	const transport = secure ? secureTransport(uri, name) : plainTransport(name);
	if (transport === undefined) {
		if (name === undefined) return undefined;
		throw new ResolveError("RESOLVE_TRANSPORT", uri.text);
	}
	if (!options.transports.includes(transport))
		throw new ResolveError("RESOLVE_TRANSPORT", uri.text);
	return transport;
}

/** RFC 3261 §26.2.2: TLS over TCP, whether the parameter says `tcp`, `tls` or nothing. */
function secureTransport(uri: Uri, name: string | undefined): TransportName | undefined {
	switch (name) {
		case undefined:
		case "tcp":
		case "tls":
			return "tls";
		case "ws":
		case "wss":
			return "wss";
		case "udp":
			throw new ResolveError("RESOLVE_SIPS_OVER_UDP", uri.text);
		default:
			return undefined;
	}
}

function plainTransport(name: string | undefined): TransportName | undefined {
	switch (name) {
		case "udp":
		case "tcp":
		case "tls":
		case "ws":
		case "wss":
			return name;
		default:
			return undefined;
	}
}

/** §4.1: without a parameter, an address or an explicit port means UDP. */
function numericTransport({ options }: Search): TransportName {
	return options.transports.includes("udp") ? "udp" : "tcp";
}

function* byName(
	search: Search,
	name: string,
	named: TransportName | undefined,
): Steps<readonly Hop[]> {
	const { uri } = search;
	if (uri.port !== undefined)
		return yield* addresses(search, name, named ?? numericTransport(search), uri.port);
	if (named === "ws" || named === "wss") return yield* addresses(search, name, named, undefined);
	if (uriParam(uri, "transport") !== undefined && named !== undefined)
		return yield* byServices(search, name, [named]);

	const byNaptr = yield* naptr(search, name, named === "tls");
	return byNaptr ?? (yield* byServices(search, name, preferred(search, named)));
}

/** The transports to look for, in our order, where the URI leaves the choice to us. */
function preferred({ options }: Search, named: TransportName | undefined): TransportName[] {
	if (named !== undefined) return [named];
	return PLAIN.filter((transport) => options.transports.includes(transport));
}

/** §4.1: undefined when the domain has no NAPTR record that we can use. */
function* naptr(search: Search, name: string, secure: boolean): Steps<readonly Hop[] | undefined> {
	const records = ofType<NaptrRecord>(yield* ask(search, "NAPTR", name), "NAPTR");
	const usable = records
		.filter((record) => serviceTransport(search, record, secure) !== undefined)
		.sort((a, b) => a.order - b.order || a.preference - b.preference)
		.slice(0, RECORDS_MAX);
	for (const record of usable) {
		const transport = serviceTransport(search, record, secure);
		const found = transport && (yield* service(search, record.replacement, transport));
		if (found && found.length > 0) return found;
	}
	return usable.length === 0 ? undefined : [];
}

const SERVICES: Readonly<Record<string, TransportName>> = {
	"SIP+D2U": "udp",
	"SIP+D2T": "tcp",
	"SIPS+D2T": "tls",
};

/** Only `SIPS` services for a URI that demands TLS; both kinds for one that does not. */
function serviceTransport(
	{ options }: Search,
	{ flags, service: name }: NaptrRecord,
	secure: boolean,
): TransportName | undefined {
	const transport = SERVICES[name.toUpperCase()];
	if (transport === undefined || flags.toLowerCase() !== "s") return undefined;
	if (secure && transport !== "tls") return undefined;
	return options.transports.includes(transport) ? transport : undefined;
}

/** §4.2: SRV for each transport in turn, then the addresses of the name itself. */
function* byServices(
	search: Search,
	name: string,
	transports: readonly TransportName[],
): Steps<readonly Hop[]> {
	let refused = false;
	for (const transport of transports) {
		for (const prefix of prefixes(search, transport)) {
			const found = yield* service(search, `${prefix}.${name}`, transport);
			if (found === undefined) continue;
			if (found.length > 0) return found;
			refused = true;
			break;
		}
	}
	// A domain that has records, but no usable target, said where its service is: nowhere (RFC 2782).
	const transport = transports[0];
	if (refused || transport === undefined) return [];
	return yield* addresses(search, name, transport, undefined);
}

function prefixes({ options }: Search, transport: TransportName): readonly string[] {
	switch (transport) {
		case "udp":
			return ["_sip._udp"];
		case "tls":
			return options.srvSipsTls ? ["_sips._tcp", "_sips._tls"] : ["_sips._tcp"];
		default:
			return ["_sip._tcp"];
	}
}

/** The hops behind one SRV name; undefined when it has no record. */
function* service(
	search: Search,
	name: string,
	transport: TransportName,
): Steps<readonly Hop[] | undefined> {
	const records = ofType<SrvRecord>(yield* ask(search, "SRV", name), "SRV");
	if (records.length === 0) return undefined;
	const hops: Hop[] = [];
	for (const { target, port } of orderSrv(records, search.options.random).slice(0, RECORDS_MAX)) {
		if (hops.length >= HOPS_MAX) break;
		if (target !== "." && target !== "")
			hops.push(...(yield* addresses(search, target, transport, port)));
	}
	return hops;
}

/** RFC 7984 §3: the addresses of one name, family by family; names are not mixed. */
function* addresses(
	search: Search,
	name: string,
	transport: TransportName,
	port: number | undefined,
): Steps<readonly Hop[]> {
	const hops: Hop[] = [];
	for (const family of search.options.families) {
		const records = ofType<AddressRecord>(yield* ask(search, family, name), family);
		for (const { address } of records) hops.push(hop(search.uri, transport, address, port));
	}
	return hops;
}

function* ask(search: Search, type: DnsQuestion["type"], name: string): Steps<DnsAnswer> {
	const answer = yield { type, name };
	if (answer === "failed") search.failed = true;
	return answer;
}

function ofType<Kind extends { readonly type: DnsQuestion["type"] }>(
	answer: DnsAnswer,
	type: Kind["type"],
): Kind[] {
	if (answer === "failed") return [];
	return (answer as readonly { readonly type: string }[]).filter(
		(record): record is Kind => record.type === type,
	);
}

function hop(uri: Uri, transport: TransportName, host: string, port: number | undefined): Hop {
	const secure = transport === "tls" || transport === "wss";
	const serverName = secure ? (canonicalAddress(uri.host) ?? uri.host) : undefined;
	return { transport, host, port: port ?? DEFAULT_PORTS[transport], serverName };
}

/** Ours to choose from, the usual one first. */
const PLAIN: readonly TransportName[] = ["udp", "tcp"];
