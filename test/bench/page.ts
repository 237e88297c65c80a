/** docs/performance.md, rendered from results.json. */
import { renderConnections } from "./connections-page.ts";
import { ratio, renderRuns, table } from "./markdown.ts";
import { renderRegistrations } from "./registrations-page.ts";
import {
	type CostTable,
	type HighestRow,
	type MemoryRow,
	type MicroRow,
	median,
	type ProfileShare,
	type Results,
	type Row,
} from "./results.ts";
import { KAMAILIO_SHARED_MB } from "./targets.ts";

export const PAGE = "docs/performance.md";

export function renderPage(results: Results): string {
	const { machine, software, udp, tcp, tls, highest, memory, micro, script, profile } = results;
	const { registrations, connections } = results;
	return `# Performance

<!-- Rendered from test/bench/results.json by npm run bench; do not edit. -->

Sipwright beside Kamailio, Kamailio with its routing in JavaScript, and a proxy made of the npm package \`sip\`.
Figures of one machine (${machine}; ${software}): compare rows, not machines.

## How it is measured

One call is INVITE, 180, 200, ACK, BYE, 200 with Record-Route and SDP; the callee answers at once, the caller hangs up after 100 ms.
Each proxy has core 0 to itself, the load has core 1. The targets take turns; each round starts them anew and warms them up with
1,000 calls/s: 15,000 calls where a compiler has to find out what is hot, else 2,000. CPU time is user and system time of the whole process tree, a call. A table shows the medians of its rounds, and every round.

- Sipwright runs its built-in routes in their isolate, with the callee as a configured device. It sends 100 when 200 ms pass without
  an answer (RFC 3261 §17.2.1), so here it sends none.
- Kamailio runs [its native configuration](../test/bench/kamailio.cfg): one worker, stateful, Record-Route, started with \`-x tlsf -X tlsf\`
  (Debian's default allocator is a debugging one and about three times slower) and \`-m ${KAMAILIO_SHARED_MB}\`. It sends 100 to every INVITE, its default.
- Kamailio with JavaScript runs [the same routing](../test/bench/kamailio-routes.js) in its module \`app_jsdt\`.
- npm sip is [a proxy made of the package](../test/bench/npm-sip-proxy.ts), stateful and record-routing as far as it goes.

## CPU time a call over UDP

SIPp calls SIPp.

${udp.map(renderCost).join("\n\n")}

## The highest rate without failures

Calls a second over UDP that each bears on its core. The rate is doubled until it fails and halved in between to 4 %, with ${highest.probeSeconds} seconds at each
rate after ${highest.probeSeconds / 2} to warm up. A rate fails when, twice, a call fails, more than one call in 200 needs a message repeated, or SIPp falls behind.
The last row is SIPp calling SIPp without a proxy: what the load can do.

${renderHighest(highest.rows)}

## CPU time a call over TCP and TLS

SIPp knows no TLS here: [callers and a callee of our own](../test/bench/stream-load.ts) in one process, the callers on four connections to the proxy.
TLS is 1.3, with a self-made certificate. What is measured is messages on standing connections, not handshakes.

### TCP

${tcp.map(renderCost).join("\n\n")}

### TLS

${tls.map(renderCost).join("\n\n")}

## Memory

Proportional set size of the whole process tree, sampled twice a second; the peak of ${memory.seconds} seconds at ${memory.callsPerSecond} calls/s over UDP.
That is longer than any transaction lives (32 seconds), so it is what the rate needs. Kamailio's shared memory counts as far as it is used.

${renderMemory(memory.rows)}

${renderRegistrations(registrations)}

${renderConnections(connections)}

## Messages alone

\`core/message\` beside the parser of npm \`sip\`, octets in. *Read*: what a proxy needs (Request-URI, top Via, From, To, Call-ID, CSeq, Max-Forwards).
*Forward*: read, push a Via, count Max-Forwards down, put in Record-Route, set the Request-URI, octets out.

${renderMicro(micro)}

## What a script costs

[The script of the guide](guides/write-a-route.md#2-a-script), which looks a device up and relays, against the same decision made by a function in the
engine, of which the proxy asks nothing else. *Tight loop*: the question alone, INVITE after INVITE, nothing in between, caches warm. *In a call*: CPU time of a whole call at
${script.calls.callsPerSecond} calls/s over UDP, of which the script is asked once, for the INVITE; the difference is what it costs, watching and
caches included, as far as the rounds, which vary by more, let it be seen.

${renderScript(script)}

${renderAsked(script)}

## Where Sipwright's time goes

Self time at ${profile.callsPerSecond} calls/s over UDP under V8's sampling profiler, idle time left out. [The cost of a call](architecture/cost-of-a-call.md)
says what the kernel, Node and each folder have of it, and why.

${renderShares("folder", profile.folders)}

${renderShares("function", profile.functions)}

## Repeat it

\`npm run bench\` measures everything in one run and writes this page. It needs two cores, \`sipp\`, \`kamailio\` with its modules \`tls\`, \`app_jsdt\` and \`db_sqlite\`, \`kamcmd\`, and \`taskset\`.

| option | |
| --- | --- |
| \`--part udp,highest,stream,memory,registrations,connections,micro,script,profile\` | these parts only |
| \`--part page\` | measure nothing, write the page from what is stored |
| \`--only sipwright,kamailio\` | targets whose names contain one of these words |
| \`--rate 500,1500\` | calls/s of the parts udp and stream |
| \`--rounds 5\`, \`--seconds 8\` | rounds of each measurement, seconds of load in each |
| \`--bindings 100000\` | users of the part registrations |
| \`--dry\` | print, write nothing |
`;
}

function renderCost({ callsPerSecond, seconds, rows }: CostTable): string {
	const base = kamailioOf(rows, ({ micros }) => micros);
	const lines = ordered(rows).map(({ target, micros, calls, failed, retransmissions }) => [
		target,
		median(micros).toFixed(0),
		ratio(median(micros), base),
		micros.join(", "),
		String(calls),
		String(failed),
		String(retransmissions),
	]);
	const head = ["proxy", "µs a call", "Kamailio = 1", "each round", "calls", "failed", "repeated"];
	const runs = renderRuns(rows);
	return `**${callsPerSecond} calls/s**, ${seconds} seconds a round${runs}\n\n${table(head, lines)}`;
}

function renderHighest(rows: readonly HighestRow[]): string {
	const base = kamailioOf(rows, ({ rates }) => rates);
	const lines = ordered(rows).map(({ target, rates }) => [
		target,
		median(rates).toFixed(0),
		ratio(median(rates), base),
		rates.join(", "),
	]);
	const head = ["proxy", "calls/s", "Kamailio = 1", "each search"];
	return `${table(head, lines)}${renderRuns(rows)}`;
}

function renderMemory(rows: readonly MemoryRow[]): string {
	const base = kamailioOf(rows, ({ megabytes }) => megabytes);
	const lines = ordered(rows).map(({ target, megabytes }) => [
		target,
		`${median(megabytes).toFixed(0)} MB`,
		ratio(median(megabytes), base),
		megabytes.join(", "),
	]);
	return `${table(["proxy", "peak", "Kamailio = 1", "each round"], lines)}${renderRuns(rows)}`;
}

function renderMicro(rows: readonly MicroRow[]): string {
	const lines = rows.map(({ what, octets, ours, theirs }) => [
		`${what} (${octets} octets)`,
		`${ours.toFixed(1)} µs`,
		theirs === null ? "refused" : `${theirs.toFixed(1)} µs`,
		theirs === null ? "–" : (ours / theirs).toFixed(2),
	]);
	return table(["", "core/message", "npm sip", "npm sip = 1"], lines);
}

function renderScript({ loops, calls }: Results["script"]): string {
	const row = (what: string) => calls.rows.find(({ target }) => target === what);
	const base = median(row(loops[0]?.what ?? "")?.micros ?? []);
	const lines = loops.map(({ what, micros }, at) => {
		const all = row(what)?.micros ?? [];
		const more = median(all) - base;
		const cost =
			at === 0 ? ["–", "–"] : [`${more.toFixed(0)} µs`, `${((100 * more) / base).toFixed(1)} %`];
		return [
			what,
			`${micros.toFixed(1)} µs`,
			`${median(all).toFixed(0)} µs`,
			...cost,
			all.join(", "),
		];
	});
	return table(["", "tight loop", "in a call", "more", "share", "each round"], lines);
}

function renderAsked({ asked, calls }: Results["script"]): string {
	if (asked === null) return "";
	const { questions, mean, median: middle, p99 } = asked;
	return [
		`The rounds vary by more than the script costs, so its questions are timed one by one too, in a proxy at ${calls.callsPerSecond} calls/s, from`,
		`the text of the INVITE to the decision, caches cold as calls leave them: of ${questions} questions the mean is **${mean} µs**, the`,
		`median ${middle} µs, the 99th percentile ${p99} µs.`,
	].join("\n");
}

function renderShares(what: string, shares: readonly ProfileShare[]): string {
	return table(
		[what, "self time"],
		shares.map(({ name, percent }) => [`\`${name}\``, `${percent.toFixed(1)} %`]),
	);
}

const ORDER = ["Sipwright", "Kamailio", "Kamailio with JavaScript", "npm sip"];

function ordered<R extends Row>(rows: readonly R[]): R[] {
	const place = ({ target }: R) => (ORDER.includes(target) ? ORDER.indexOf(target) : ORDER.length);
	return rows.toSorted((a, b) => place(a) - place(b));
}

function kamailioOf<R extends Row>(
	rows: readonly R[],
	values: (row: R) => readonly number[],
): number {
	const row = rows.find(({ target }) => target === "Kamailio");
	return row === undefined ? Number.NaN : median(values(row));
}
