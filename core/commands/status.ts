/** `sipwright status`: what the running instance is doing. */
import type { ProcessStatus } from "../admin/status.ts";
import type { Listener } from "../base/flow.ts";
import { bracketed } from "../base/ip-address.ts";
import { askAdmin } from "./admin-client.ts";
import { type Command, DONE, NO_ANSWER, option, REFUSED } from "./command.ts";

export const status: Command = {
	name: "status",
	usage: "[--config FILE] [--json]",
	summary: "show what the running instance is doing",
	options: { config: { type: "string", short: "c" }, json: { type: "boolean" } },
	positionals: [],
	async run({ values }, output) {
		const answer = await askAdmin("GET", "/status", option(values, "config"));
		if (answer.kind === "silence") {
			output.err(`sipwright status: ${answer.reason}\n`);
			return NO_ANSWER;
		}
		if (!isStatus(answer.body)) {
			output.err(`sipwright status: ${JSON.stringify(answer.body)}\n`);
			return REFUSED;
		}
		output.out(values.json === true ? `${JSON.stringify(answer.body)}\n` : describe(answer.body));
		return DONE;
	},
};

function isStatus(body: unknown): body is ProcessStatus {
	return typeof body === "object" && body !== null && "listeners" in body && "generation" in body;
}

function describe(status: ProcessStatus): string {
	const { version, node, pid, generation, listeners } = status;
	const rows: [string, string][] = [
		["sipwright", `${version}, node ${node}, process ${pid}, up ${duration(status.uptimeSeconds)}`],
		...supervisor(status),
		...listeners.map((one): [string, string] => ["listens on", socket(one)]),
		["scripts", `generation ${generation.id}, ${generation.hash}`],
		...status.generations.map(lived),
		...trial(status),
		...shadowed(status.shadow),
		["devices", `${status.devices}, with ${status.bindings} registered contacts`],
		...shared(status.shared),
		...services(status.services),
		["right now", `${status.transactions} transactions, ${status.connections} connections`],
		...status.metrics.map(({ name, value }): [string, string] => ["metric", `${name} ${value}`]),
		...Object.entries(status.counters)
			.filter(([, total]) => total > 0)
			.map(([name, total]): [string, string] => [name, String(total)]),
	];
	const width = Math.max(...rows.map(([name]) => name.length));
	return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}\n`).join("");
}

function supervisor({ supervisor }: ProcessStatus): [string, string][] {
	if (supervisor === undefined) return [];
	const { pid, restarts, died } = supervisor;
	const last = died && `, the last one at ${died.at} after ${died.how}`;
	return [["supervisor", `process ${pid}, ${restarts} restarts${last ?? ""}`]];
}

function lived(one: ProcessStatus["generations"][number]): [string, string] {
	const { id, hash, origin, requests, asked, failed, activated, replaced } = one;
	const since = `since ${new Date(activated).toISOString()}`;
	const until = replaced === undefined ? "" : ` to ${new Date(replaced).toISOString()}`;
	const done = `${requests} requests, asked ${asked} times, ${failed} failed`;
	return ["generation", `${id}, ${hash}, ${origin}, ${since}${until}, ${done}`];
}

/** What is tried on a part of the requests, and what was given up. */
function trial({ canary, rolledBack }: ProcessStatus): [string, string][] {
	const rows: [string, string][] = [];
	if (canary !== undefined) {
		const { generation, until, answered, serverErrors } = canary;
		const then = until === undefined ? "sipwright promote" : new Date(until).toISOString();
		const ended = `${answered} requests answered, ${serverErrors} of them 5xx`;
		rows.push(["canary", `generation ${generation} for ${whose(canary)} until ${then}, ${ended}`]);
	}
	if (rolledBack !== undefined) {
		const { generation, at, because } = rolledBack;
		rows.push([
			"rolled back",
			`generation ${generation}, ${new Date(at).toISOString()}: ${because}`,
		]);
	}
	return rows;
}

/** What other scripts would have decided: how often differently, and the last few times how. */
function shadowed(shadow: ProcessStatus["shadow"]): [string, string][] {
	if (shadow === undefined) return [];
	const { routes, hash, share, error, same, different, failed, overflowed } = shadow;
	const what = error === undefined ? `${hash}, ${share} %` : `not asked: ${error}`;
	const counts = `${same} alike, ${different} differently, ${failed} failed, ${overflowed} left out`;
	const rows: [string, string][] = [["shadow", `${routes}, ${what}: ${counts}`]];
	for (const { at, method, uri, callId, now, shadow: other } of shadow.differences.slice(
		0,
		SHOWN,
	)) {
		const call = `${new Date(at).toISOString()} ${method} ${uri}, Call-ID ${callId}`;
		rows.push(["decided differently", `${call}: ${now}, and the shadow: ${other}`]);
	}
	return rows;
}

const SHOWN = 5;

function whose({
	share,
	devices,
	networks,
	prefixes,
}: NonNullable<ProcessStatus["canary"]>): string {
	const callers = [...devices, ...networks, ...prefixes.map((one) => `${one}…`)];
	return [...(share > 0 ? [`${share} %`] : []), ...callers].join(", ");
}

/** Where registrations are shared, and with whom. */
function shared(store: ProcessStatus["shared"]): [string, string][] {
	if (store === undefined) return [];
	const { server, connected, waiting, nodes } = store;
	const there = connected ? "connected" : "away, this node goes on with what it knows";
	const said = nodes.map(({ name, present }) => (present ? name : `${name} (away)`)).join(", ");
	return [
		["shared in", `Redis at ${server}, ${there}, ${waiting} devices with changes that wait`],
		["other nodes", said === "" ? "none" : said],
	];
}

/** What is out of service, and the calls of what has a capacity. */
function services(devices: ProcessStatus["services"]): [string, string][] {
	const rows: [string, string][] = [];
	const watched = devices.flatMap(({ device, service }) =>
		service ? [{ device, ...service }] : [],
	);
	const gone = watched.filter(({ inService }) => !inService);
	if (watched.length > 0)
		rows.push([
			"in service",
			`${watched.length - gone.length} of ${watched.length} watched devices`,
		]);
	for (const { device, since, reason } of gone)
		rows.push(["out of service", `${device} since ${new Date(since).toISOString()}: ${reason}`]);
	for (const { device, calls } of devices)
		if (calls) rows.push(["calls", `${device} ${calls.now} of ${calls.capacity}`]);
	return rows;
}

function socket({ transport, address, host, port }: Listener): string {
	const shown = `${host}:${port}`;
	const bound = bracketed(address);
	return host === bound ? `${transport} ${shown}` : `${transport} ${bound}, shown as ${shown}`;
}

function duration(seconds: number): string {
	const [days, hours, minutes] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60];
	if (days >= 1) return `${Math.floor(days)} d ${Math.floor(hours)} h`;
	if (hours >= 1) return `${Math.floor(hours)} h ${Math.floor(minutes)} min`;
	return minutes >= 1 ? `${Math.floor(minutes)} min` : `${Math.floor(seconds)} s`;
}
