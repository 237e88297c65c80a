/** The part of docs/performance.md about phones that are connected. */
import { CONNECTIONS, LEAVING } from "./connection-users.ts";
import { WARM_UP } from "./connections.ts";
import { ratio, renderRuns, table } from "./markdown.ts";
import { type ConnectionRow, median } from "./results.ts";

/** Kilobytes that a registered phone on a TLS connection may take. */
const TARGET = 60;

export function renderConnections(rows: readonly ConnectionRow[]): string {
	return `## Connections

The memory of a registered phone that stays connected: ${thousands(CONNECTIONS)} [phones in a process of their own](../test/bench/connection-load.ts) connect, register a user each, and stay.
The target is at most ${TARGET} kB for one on TLS.

What is counted is proportional set size of the whole process tree: with all of them, after each has sent two keep-alives, less before the first of them, divided by their number. Before, ${thousands(WARM_UP)} others,
never more than ${LEAVING.length} at a time, have connected, registered and left, and ${thousands(CONNECTIONS)} more, with users of their own, have come and stay. So starting, compiling and the size that a heap takes under load are not counted,
and those who are measured find no room that others left. A figure holds the connection, the binding, and garbage that was not yet collected. It does not hold what the kernel
keeps for a socket. TLS is 1.3, with a self-made certificate; no client shows one. The users are devices of the configuration, which is read before.

- Sipwright runs its built-in routes in their isolate, with its store in memory.
- Kamailio runs [its modules registrar, usrloc and tls](../test/bench/kamailio-registrar.cfg) as above, with their defaults and one worker for streams. It takes its shared memory at the start, but a page of it
  counts only from its first use on; *Kamailio: shared* is what \`core.shmmem\` says of the same phones (\`real_used\`), buffers that nothing was written to included. It speaks no WebSocket without a further module.

${memoryTable(rows)}${renderRuns(rows)}`;
}

function memoryTable(rows: readonly ConnectionRow[]): string {
	const transports = [...new Set(rows.map(({ transport }) => transport))];
	const lines = transports.map((transport) => {
		const of = (name: string) =>
			rows.find(({ target, ...row }) => target === name && row.transport === transport);
		const [ours, theirs] = [of("Sipwright"), of("Kamailio")];
		const [own, base] = [ours, theirs].map((row) => row && median(row.kilobytes));
		return [
			...[transport.toUpperCase(), kilobytes(own), kilobytes(base)],
			...[theirs === undefined ? "–" : ratio(own ?? 0, base ?? 0)],
			...[theirs === undefined ? "–" : kilobytes(median(theirs.shared))],
			...[ours, theirs].map((row) => row?.kilobytes.join(", ") ?? "–"),
			`${(ours?.failed ?? 0) + (theirs?.failed ?? 0)}`,
		];
	});
	const head = [
		...["transport", "Sipwright", "Kamailio", "Kamailio = 1", "Kamailio: shared"],
		...["each round: Sipwright", "Kamailio", "failed"],
	];
	return table(head, lines);
}

function thousands(count: number): string {
	return count.toLocaleString("en");
}

function kilobytes(value: number | undefined): string {
	return value === undefined ? "–" : `${value.toFixed(0)} kB`;
}
