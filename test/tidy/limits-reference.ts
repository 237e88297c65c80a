/** Writes docs/reference/limits.md from the constants: `node test/tidy/limits-reference.ts`. */
import { readFileSync, writeFileSync } from "node:fs";
import * as messageLimits from "../../core/message/limits.ts";
import * as scriptLimits from "../../core/script/limits.ts";
import { LIMITS } from "../../core/transport/limits.ts";

export const PAGE = "docs/reference/limits.md";

export type Row = {
	readonly name: string;
	readonly value: string;
	/** What happens beyond. */
	readonly beyond: string;
	/** Of `sipwright status`; "" for none. */
	readonly counter: string;
	/** In conformance.md; "" for none. */
	readonly item: string;
};

type Said = readonly [beyond: string, counter?: string, item?: string];

const MESSAGES: Readonly<Record<keyof typeof messageLimits, Said>> = {
	MAX_DATAGRAM: ["no datagram is larger: every one is read whole", "", "MSG-39"],
	MAX_STREAM_MESSAGE: ["513, and the connection closes", "framingErrors", "MSG-39"],
	MAX_HEAD: ["513; on a stream the connection closes", "malformed", "MSG-39"],
	MAX_LINE: ["513; on a stream the connection closes", "malformed", "MSG-39"],
	MAX_HEADERS: ["513", "malformed", "MSG-39"],
	MAX_VIAS: ["513", "malformed", "MSG-39"],
	MAX_ROUTES: ["513", "malformed", "MSG-39"],
	MAX_URI: ["414", "malformed", "MSG-39"],
	MAX_URI_PARAMS: ["400", "malformed", "MSG-39"],
};

const TRANSPORT: Readonly<Record<keyof typeof LIMITS, Said>> = {
	connections: [
		"those that said nothing, then those whose last message is oldest, make room; without any the new one is refused",
		"connectionsEvicted, connectionsRefused",
		"TR-55",
	],
	connectionsPerSource: ["refused", "connectionsRefused", "TR-55"],
	backlog: ["the kernel lets them wait or refuses them", "", "TR-55"],
	connectMs: ["the next address is tried", "connectionsTimedOut", "TR-21"],
	handshakeMs: ["closed", "handshakesFailed, connectionsTimedOut", "TR-54"],
	proxyHeaderMs: ["closed", "proxyHeadersRefused", "TR-54"],
	upgradeMs: ["closed", "upgradesRefused", "TR-54"],
	firstOctetMs: ["closed", "connectionsTimedOut", "TR-54"],
	messageMs: ["closed", "connectionsTimedOut", "TR-54"],
	idleMs: ["closed, unless a registration rests on it", "connectionsTimedOut", "TR-19"],
	idleAtLeastMs: [
		"only then may it make room for another connection",
		"connectionsEvicted",
		"TR-19",
	],
	queuedBytes: ["closed", "connectionsStalled", "TR-56"],
	stalledMs: ["closed", "connectionsTimedOut", "TR-56"],
	pingGraceMs: ["closed, and its registrations end", "connectionsTimedOut", "TR-30"],
	webPingMs: ["a ping frame", "", "TR-51"],
	pongMs: ["closed, and its registrations end", "connectionsTimedOut", "TR-51"],
	closingMs: ["cut", "connectionsTimedOut", "TR-57"],
	keepAliveMs: ["the kernel asks whether the peer is still there", "", "TR-21"],
	sweepMs: ["how late a close may be", "", "TR-54"],
	queuedDatagramBytes: ["dropped, as a network would", "datagramsDropped, stunDropped", "TR-56"],
	socketBufferBytes: ["what the kernel is asked for; it drops what does not fit", "", ""],
	watchedPeers: ["an absent peer is found out by a timer instead", "", "TR-20"],
	malformedAnswers: ["garbage gets no answer", "answersWithheld", "TR-57"],
	malformedWindowMs: ["the count begins anew", "", "TR-57"],
	malformedSources: ["the oldest is forgotten", "", "TR-57"],
};

const SCRIPTS: Readonly<Partial<Record<keyof typeof scriptLimits, Said>>> = {
	BUNDLE_TIMEOUT_MS: ["the new scripts are refused, the old ones stay"],
	TYPES_TIMEOUT_MS: ["the new scripts are refused, the old ones stay"],
	PROBE_TIMEOUT_MS: ["the new scripts are refused, the old ones stay"],
	FINGERPRINT_FILES_MAX: [
		"changes of further scripts are seen only where the system tells of them",
	],
	METRICS_MAX: ["further names are left out", "metricsLeftOut"],
	METRIC_NAME_MAX: ["the call throws a TypeError"],
	METRICS_PER_HOOK_MAX: ["further names of that hook are left out", "metricsLeftOut"],
	TIMERS_MAX: ["the new scripts are refused, the old ones stay"],
	GENERATIONS_MAX: [
		"the oldest gives up its isolate, which is opened again for each question that it still gets",
		"generationsEnded",
	],
	DRAIN_MS: ["a replaced generation ends"],
	ANSWER_LENGTH_MAX: ["500, or the fallback", "scriptErrors"],
	TARGETS_MAX: ["500, or the fallback", "scriptErrors"],
	FORK_TIMEOUT_MAX_MS: ["500, or the fallback", "scriptErrors"],
	EDITS_MAX: ["500, or the fallback", "scriptErrors"],
	BODY_LENGTH_MAX: ["500, or the fallback", "scriptErrors"],
	VALUE_LENGTH_MAX: ["500, or the fallback", "scriptErrors"],
	HOST_RESULTS_KEPT_MAX: ["the fetch fails, and the hook goes on without it"],
	DNS_QUESTIONS_MAX: ["the call fails, and the hook goes on without it"],
	DNS_ANSWERS_KEPT: ["the oldest are forgotten: the name servers are asked again"],
	LOG_LINES_MAX: ["further lines of that hook are left out"],
	LOG_LENGTH_MAX: ["the rest of the line is left out"],
	STACK_LENGTH_MAX: ["the rest of the stack is left out"],
};

/** Constants that live with what they bound: file, name, what it is, what happens beyond. */
const ELSEWHERE: readonly (readonly [file: string, name: string, what: string, ...said: Said])[] = [
	[
		"engine.ts",
		"TRANSACTIONS_MAX",
		"transactions at a time",
		"503 without state",
		"refusedRequests",
	],
	[
		"engine.ts",
		"TRANSACTIONS_HEAP_PERCENT",
		"percent of the heap that transactions take, each weighed as its request and 2,000 octets; the heap is Node's `--max-old-space-size`",
		"503 without state",
		"refusedRequests",
		"TX-42",
	],
	[
		"engine.ts",
		"NONCES_MAX",
		"nonces whose counts are kept",
		"the oldest are forgotten: who uses one is challenged again",
	],
	[
		"auth/failure-limit.ts",
		"FAILURES_PER_USER_AND_SOURCE",
		"failed logins of one user from one source in a minute",
		"403 until the minute is over",
		"throttledLogins",
		"AU-21",
	],
	[
		"auth/failure-limit.ts",
		"FAILURES_PER_SOURCE",
		"failed logins from one source in a minute",
		"403 to users that have not registered from there, until the minute is over",
		"throttledLogins",
		"AU-21",
	],
	[
		"auth/failure-limit.ts",
		"FAILURES_PER_USER",
		"failed logins of one user in a minute, from wherever",
		"403 where the user has not registered from, until the minute is over",
		"throttledLogins",
		"AU-21",
	],
	[
		"auth/failure-limit.ts",
		"FAILURES_KEPT",
		"users, sources, and users of a source with failed logins, of each so many",
		"the oldest are forgotten",
	],
	["auth/digest.ts", "USERNAME_MAX", "octets of a user name in credentials", "they are none"],
	["auth/digest.ts", "ROWS_MAX", "credentials in one request", "the rest is not looked at"],
	[
		"location/redis-replica.ts",
		"REMOVED_KEPT",
		"removed Contacts of one device that nodes tell each other of",
		"the oldest are forgotten: a node that was away may bring one back until it expires",
	],
	["registrar/contact-rules.ts", "BINDING_MAX", "characters of one binding", "513"],
	[
		"registrar/contact.ts",
		"USER_AGENT_MAX",
		"characters of User-Agent kept",
		"the rest is left out",
	],
	[
		"transport/stun.ts",
		"ATTRIBUTES_MAX",
		"attributes of a STUN request",
		"no answer",
		"stunDropped",
		"TR-27",
	],
	[
		"transport/limits.ts",
		"UPGRADE_HEAD_MAX",
		"octets of the HTTP request for a WebSocket",
		"431, and the connection closes",
		"upgradesRefused",
		"TR-54",
	],
	[
		"transport/proxy-header.ts",
		"PROXY_HEADER_MAX",
		"octets of a PROXY header",
		"the connection is closed",
		"proxyHeadersRefused",
		"TR-54",
	],
	[
		"transport/dns.ts",
		"TIMEOUT_MS",
		"waiting for a name server, each try",
		"asked again, then the name counts as not found",
	],
	[
		"exchange/address-lookup.ts",
		"LOOKUP_MS",
		"all questions of one look-up together",
		"the target counts as unreachable",
		"",
		"PX-100",
	],
	["transport/dns.ts", "ANSWERS_MAX", "DNS answers kept", "the oldest are forgotten"],
	["resolve/locate.ts", "RECORDS_MAX", "SRV and NAPTR records looked at", "the rest is left out"],
	["resolve/locate.ts", "HOPS_MAX", "addresses tried for one target", "the rest is left out"],
	[
		"message/max-breadth.ts",
		"MAX_MAX_BREADTH",
		"branches of one request at a time",
		"the others wait, or 440",
	],
	[
		"proxy/fork.ts",
		"ADDED_MAX",
		"targets that 3xx responses and late registrations may add to one request",
		"not called",
	],
	[
		"proxy/unavailable-hosts.ts",
		"HOSTS_MAX",
		"servers known to be unavailable",
		"the oldest are forgotten",
	],
	[
		"exchange/nat-pings.ts",
		"PINGS_AT_ONCE",
		"registrations looked at in 20 ms for pings to phones behind NAT",
		"a round of pings takes longer than `nat: { ping }` says",
		"natPings",
	],
	[
		"proxy/calls.ts",
		"DIALOGS_MAX",
		"calls that are counted for a `capacity`, those of one dialog together",
		"the oldest are counted no more",
	],
	[
		"proxy/calls.ts",
		"CALL_MS",
		"how long a call counts whose BYE never comes",
		"it is counted no more",
	],
	[
		"proxy/turns.ts",
		"TRUNKS_MAX",
		"trunks whose last turn is known",
		"the one that had its turn longest ago is next",
	],
	[
		"config/devices.ts",
		"BACKUPS_MAX",
		"addresses in `contact-backup`",
		"the configuration is refused",
	],
	[
		"proxy/large-requests.ts",
		"ADDRESSES_MAX",
		"addresses known to take TCP, or not",
		"the oldest are forgotten",
	],
	[
		"exchange/scheme-log.ts",
		"TOLD_MAX",
		"mismatches, and pairs of devices of different schemes, that the log names once in ten minutes",
		"the oldest may be named again",
		"mismatches, sipsDowngrades, sipsUpgrades",
	],
	[
		"exchange/scheme-log.ts",
		"LINES_MAX",
		"lines about either in ten seconds",
		"counted; the next line says how many were left out",
		"mismatches, sipsDowngrades, sipsUpgrades",
	],
	["admin/http.ts", "BODY_BYTES_MAX", "body of a request to the admin API", "413"],
	["admin/http.ts", "REQUEST_MS_MAX", "a request to the admin API", "closed"],
	["observe/log.ts", "WAITING_BYTES_MAX", "log lines that nobody reads", "the oldest are dropped"],
];

const VALUES: Readonly<Record<string, number>> = {
	...messageLimits,
	...LIMITS,
	...Object.fromEntries(
		Object.entries(scriptLimits).map(([name, value]) => [name, Number(value)] as const),
	),
};

const INTRODUCTION = `<!-- Made from the constants in core/ by test/tidy/limits-reference.ts. -->

Whatever a peer, a script or a name server can make the proxy keep, do or wait for has a limit. This page
lists them all: what each is, what happens beyond, the counter that shows it, and the
[requirement](conformance.md) behind it. \`sipwright status\` shows the counters that are not zero,
\`sipwright status --json\` all of them. What the [configuration](config.md) sets, such as \`max-bindings\`
and the time and memory of scripts, is described there.`;

const OCTETS = /^MAX_(DATAGRAM|STREAM_MESSAGE|HEAD|LINE|URI)$|bytes/i;

const SOURCE = `A *source* is an IPv4 address, or the /64 network of an IPv6 address. \`connections\` is lower where the
process may not have so many files open: raise \`LimitNOFILE\` (systemd) or \`ulimit -n\`; the log says so at the
start.`;

const STRANGERS = `## Strangers

Not numbers, but limits all the same: what somebody gets whom nothing vouches for.

| What | Then | Requirement |
|---|---|---|
| a refusal: 401, 407, 403 and the like | sent once for each request, and forgotten | TR-58 |
| all replies to one datagram | less than three times its octets | TR-60 |
| \`maddr\`, \`received\` and \`rport\` in his Via | steer nothing: he gets the answer himself | TR-14, TR-60 |
| a response that nobody waits for | dropped by its first Via; counted in \`unmatchedResponses\` | TR-59 |
| a broadcast, multicast or unspecified address, wherever it stands | nothing is sent there | TR-16 |`;

export function messageRows(): Row[] {
	return Object.entries(MESSAGES).map(([name, said]) => row(name, VALUES[name] ?? 0, said));
}

export function transportRows(): Row[] {
	return Object.entries(TRANSPORT).map(([name, said]) => row(name, VALUES[name] ?? 0, said));
}

export function scriptRows(): Row[] {
	return Object.entries(SCRIPTS).map(([name, said]) => row(name, VALUES[name] ?? 0, said));
}

export function otherRows(): Row[] {
	return ELSEWHERE.map(([file, name, what, ...said]) => ({
		...row(name, constantOf(file, name), said),
		name: what,
	}));
}

export function limitsReference(): string {
	return [
		"# Limits",
		INTRODUCTION,
		section("Messages", "`core/message/limits.ts`", messageRows()),
		section(
			"Connections and datagrams",
			`\`core/transport/limits.ts\`. ${SOURCE}`,
			transportRows(),
		),
		STRANGERS,
		section("Scripts", "`core/script/limits.ts`", scriptRows()),
		section("Everything else", "", otherRows()),
	].join("\n\n");
}

function section(title: string, text: string, rows: readonly Row[]): string {
	const lines = rows.map(
		({ name, value, beyond, counter, item }) =>
			`| ${name} | ${value} | ${beyond} | ${counter} | ${item} |`,
	);
	const intro = text === "" ? "" : `${text}\n\n`;
	const head = "| Limit | Value | Beyond | Counter | Requirement |\n|---|---|---|---|---|";
	return `## ${title}\n\n${intro}${head}\n${lines.join("\n")}`;
}

function row(name: string, value: number, [beyond, counter = "", item = ""]: Said): Row {
	const counters = counter === "" ? "" : counter.replaceAll(/\w+/g, "`$&`");
	return { name: `\`${name}\``, value: written(name, value), beyond, counter: counters, item };
}

function written(name: string, value: number): string {
	const number = value.toLocaleString("en");
	if (OCTETS.test(name)) return `${number} octets`;
	if (!/(Ms|_MS(_MAX)?)$/.test(name)) return number;
	return value >= 1_000 ? `${value / 1_000} s` : `${number} ms`;
}

/** The number that this constant is set to. */
function constantOf(file: string, name: string): number {
	const text = readFileSync(new URL(`../../core/${file}`, import.meta.url), "utf8");
	const found = new RegExp(`const ${name}(?:: \\w+)? = ([\\d_ *]+);`).exec(text)?.[1];
	if (found === undefined) throw new Error(`core/${file} has no constant ${name}`);
	return found
		.replaceAll("_", "")
		.split("*")
		.reduce((product, factor) => product * Number(factor), 1);
}

if (import.meta.main) writeFileSync(PAGE, `${limitsReference()}\n`);
