/** The part of docs/performance.md about registrars. */
import { ratio, renderRuns, table } from "./markdown.ts";
import { median, type RegistrationRow } from "./results.ts";

export function renderRegistrations(rows: readonly RegistrationRow[]): string {
	return `## Registrations

[Phones by the thousand](../test/support/register-load.ts) register over UDP, each user once, and then once more, which is a refresh; 64 requests wait for their answers
at any time. Then the registrar is killed with SIGKILL and started again, and one of the users is called. Digest is off.
The registrar has core 0 to itself, its threads and processes included. CPU time as above, a REGISTER.

- Sipwright runs its built-in routes in their isolate; each user is a configured device. Its SQLite store commits within a second, here as by default, and every commit waits for the disk.
- Kamailio runs [its modules registrar and usrloc](../test/bench/kamailio-registrar.cfg), with one worker, no list of users and \`hash_size\` 16. With SQLite it has \`db_mode\` 2, here once a second
  instead of once a minute, or \`db_mode\` 1, each with SQLite's write-ahead log.
- *Durable*: first registrations a second, from the first REGISTER until the last is in the file.
- *Called after*: seconds from the kill until a call arrives at its phone, reading the configuration and the file included. For Sipwright that is a configuration with as many devices.

${costs(rows)}

${places(rows)}${renderRuns(rows)}`;
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
	const lines = rows.map(({ target, megabytes, durable, restartSeconds }) => [
		target,
		`${median(megabytes.map(([before]) => before)).toFixed(0)} MB`,
		`${median(megabytes.map(([, after]) => after)).toFixed(0)} MB`,
		durable.length === 0 ? "–" : `${median(durable).toFixed(0)}`,
		restartSeconds.length === 0 ? "–" : `${median(restartSeconds).toFixed(1)} s`,
	]);
	return table(
		["registrar", "memory before", "with all", "durable a second", "called after"],
		lines,
	);
}
