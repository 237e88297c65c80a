/** The part of docs/performance.md about registrars. */
import { PER_SECOND, WATCHED_SECONDS } from "./expiry.ts";
import { ratio, renderRuns, table } from "./markdown.ts";
import { median, type RegistrationRow } from "./results.ts";

export function renderRegistrations(rows: readonly RegistrationRow[]): string {
	const { before, during } = WATCHED_SECONDS;
	return `## Registrations

[Phones by the thousand](../test/support/register-load.ts) register over UDP, each user once, and then once more, which is a refresh; 64 requests wait for their answers
at any time. Then the registrar is killed with SIGKILL and started again, and one of the users is called. Digest is off.
The registrar has core 0 to itself, its threads and processes included. CPU time as above, a REGISTER.

- Sipwright runs its built-in routes in their isolate; each user is a configured device. Its SQLite store commits within a second, here as by default, and every commit waits for the disk.
- Kamailio runs [its modules registrar and usrloc](../test/bench/kamailio-registrar.cfg), with one worker, no list of users and \`hash_size\` 16. With SQLite it has \`db_mode\` 2, here once a second
  instead of once a minute, or \`db_mode\` 1, each with SQLite's write-ahead log.
- *A binding*: memory with all less memory before, divided by their number. What was taken for the configuration is in both. Kamailio's shared memory counts as far as it is used.
- *Durable*: first registrations a second, from the first REGISTER until the last is in the file.
- *Called after*: seconds from the kill until a call arrives at its phone, reading the configuration and the file included. For Sipwright that is a configuration with as many devices.

${costs(rows)}

${places(rows)}${renderRuns(rows)}

### All expire at once

The same users register once more so that all bindings expire within one second. ${PER_SECOND} requests a second, OPTIONS to the registrar and INVITE to a user who is not registered in turn, are answered by
Sipwright: for ${before} seconds before, and for ${during} seconds from then on. An expired binding is not called from that moment; it is taken out of memory by and by, at most 1,000 a second.
Of one round; after the restart, where there is a file.

${expiries(rows)}`;
}

function costs(rows: readonly RegistrationRow[]): string {
	const base = rows.find(({ target }) => target === "Kamailio");
	const [first, refresh] = [median(base?.firstMicros ?? []), median(base?.refreshMicros ?? [])];
	const lines = rows.map(({ target, bindings, firstMicros, refreshMicros, ...row }) => [
		...[target, String(bindings)],
		...[...cost(firstMicros, first), ...cost(refreshMicros, refresh)],
		...[firstMicros.join(", "), refreshMicros.join(", ")],
		...[String(row.failed), String(row.retransmissions)],
	]);
	const both = ["µs", "a CPU second", "Kamailio = 1"];
	const head = [
		...["registrar", "users", ...both.map((word) => `first: ${word}`)],
		...both.map((word) => `refresh: ${word}`),
		...["each round: first", "refresh", "failed", "repeated"],
	];
	return table(head, lines);
}

function cost(micros: readonly number[], base: number): string[] {
	const value = median(micros);
	return [value.toFixed(0), (1e6 / value).toFixed(0), ratio(value, base)];
}

function places(rows: readonly RegistrationRow[]): string {
	const lines = rows.map(({ target, bindings, megabytes, durable, restartSeconds }) => [
		target,
		`${median(megabytes.map(([before]) => before)).toFixed(0)} MB`,
		`${median(megabytes.map(([, after]) => after)).toFixed(0)} MB`,
		kilobytesEach(megabytes, bindings),
		durable.length === 0 ? "–" : `${median(durable).toFixed(0)}`,
		restartSeconds.length === 0 ? "–" : `${median(restartSeconds).toFixed(1)} s`,
	]);
	const memory = ["memory before", "with all", "a binding"];
	return table(["registrar", ...memory, "durable a second", "called after"], lines);
}

/** Of few bindings nothing can be told: garbage is more. */
function kilobytesEach(
	megabytes: readonly (readonly [number, number])[],
	bindings: number,
): string {
	if (bindings < BINDINGS_WEIGHED) return "–";
	const each = median(megabytes.map(([before, after]) => after - before)) / bindings;
	return `${(1024 * each).toFixed(2)} kB`;
}

const BINDINGS_WEIGHED = 10_000;

function expiries(rows: readonly RegistrationRow[]): string {
	const lines = rows.flatMap(({ target, expiry }) =>
		expiry === undefined
			? []
			: (["before", "during"] as const).map((when) => {
					const { median, p99, longest, answers, missing } = expiry[when];
					return [
						...[target, when === "before" ? "before" : "while they expire"],
						...[median, p99, longest].map((delay) => `${delay.toFixed(1)} ms`),
						...[answers, missing].map(String),
					];
				}),
	);
	const delays = ["median", "p99", "longest"];
	return table(["registrar", "", ...delays, "answers", "without an answer"], lines);
}
