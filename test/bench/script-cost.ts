/**
 * What a route script costs an INVITE, against the same decision made in the engine: in a tight loop, and
 * under calls, where caches are cold.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Answer } from "../../core/proxy/decision.ts";
import { compile } from "../../core/script/compile.ts";
import { findEntry } from "../../core/script/find-entry.ts";
import { Generation } from "../../core/script/generation.ts";
import { DEFAULT_LIMITS } from "../../core/script/limits.ts";
import { WaitingHook } from "../../core/script/waiting-hook.ts";
import { context, request, scriptDevice } from "../script/harness.ts";
import { startSipwright } from "../support/sipwright-process.ts";
import { tempFolder } from "../support/temp-folder.ts";
import type { Load } from "./load.ts";
import { type AskedAmidCalls, type LoopRow, median } from "./results.ts";
import { openSession } from "./session.ts";
import { configOf, PROXY_CORE, sipwright, type Target } from "./targets.ts";

const BATCHES = 30;
const PER_BATCH = 4_000;
const WARM_UP_SECONDS = 15;
const INVITE = request("INVITE", "sip:5000@127.0.0.1:5060", {
	headers: ["Contact: <sip:6000@127.0.0.1:5060>", "Content-Type: application/sdp"],
	body: `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n${"a=rtpmap:0 PCMU/8000\r\n".repeat(10)}`,
});

/** The script of docs/guides/write-a-route.md; with `before`, one that waits there. */
const example = (before = "") => `import {
	defineRoutes, device, forceSips, kv, relay, reply, save, stripTransport,
} from "sipwright";

export default defineRoutes({
	${before === "" ? "" : "async "}onRequest(request, call) {
		if (request.method === "REGISTER") {
			for (const contact of request.contacts) stripTransport(contact);
			return save();
		}
		${before}
		const callee = device(request.uri.user);
		if (!callee) return reply(404);
		if (callee.secure) forceSips(call.callee);
		return relay(callee);
	},
});
`;
const WAITS = 'await kv.increment("calls");';

const EXAMPLE = "the example";
const WAITING = "the example, and one `await kv.increment(…)`";
const ENGINE = "no script: decided in the engine";

/** Under calls the targets differ in their routes and in nothing else. */
export const SCRIPT_TARGETS: readonly Target[] = [
	{ ...sipwright, name: ENGINE, start: scripted(example(), ["--import", preload()]) },
	{ ...sipwright, name: EXAMPLE, start: scripted(example()) },
	{ ...sipwright, name: WAITING, start: scripted(example(WAITS)) },
];

/** Microseconds an INVITE; the first third of the batches is for the compiler. */
export async function measureLoops(): Promise<LoopRow[]> {
	const plain = await loaded(example());
	const waiting = await loaded(example(WAITS));
	const loops: [what: string, decide: () => Answer][] = [
		[EXAMPLE, () => decided(plain)],
		[WAITING, () => decided(waiting)],
	];
	const rows = loops.map(([what, decide]) => ({ what, micros: micros(decide) }));
	for (const generation of [plain, waiting]) generation.retire();
	// Last: it replaces what the others are asked with.
	const { decideHere } = await import("./decided-here.ts");
	return [{ what: ENGINE, micros: micros(() => decideHere(INVITE)) }, ...rows];
}

/** How long the example is asked amid calls. Nothing else of two proxies is compared, so what else varies does not blur it. */
export async function measureAsked(load: Load): Promise<AskedAmidCalls> {
	const target = SCRIPT_TARGETS.find(({ name }) => name === EXAMPLE);
	const folder = tempFolder();
	try {
		const into = join(folder.path, "asked.json");
		const timed = pathToFileURL(join(import.meta.dirname, "asked-in-calls.ts"));
		timed.searchParams.set("into", into);
		const session = await openSession(target, "udp", ["--import", timed.href]);
		try {
			await session.call({ ...load, seconds: WARM_UP_SECONDS });
			await session.call(load);
		} finally {
			await session.stop();
		}
		const samples: number[] = JSON.parse(readFileSync(into, "utf8"));
		const asked = samples.slice(-load.callsPerSecond * load.seconds).sort((a, b) => a - b);
		const mean = asked.reduce((sum, one) => sum + one, 0) / asked.length;
		const figures = [mean, median(asked), asked[Math.floor(asked.length * 0.99)] ?? 0];
		const [average = 0, middle = 0, p99 = 0] = figures.map((one) => Number(one.toFixed(1)));
		return { questions: asked.length, mean: average, median: middle, p99 };
	} finally {
		folder.remove();
	}
}

function micros(decide: () => Answer): number {
	const batches = Array.from({ length: BATCHES }, () => {
		const before = performance.now();
		for (let at = 0; at < PER_BATCH; at += 1)
			if (decide().kind !== "relay") throw new Error("another decision");
		return ((performance.now() - before) * 1000) / PER_BATCH;
	});
	return Number(median(batches.slice(BATCHES / 3)).toFixed(2));
}

/** With what it waits for brought at once. */
function decided(generation: Generation): Answer {
	const outcome = generation.ask("onRequest", INVITE, SENDER);
	const answer = outcome instanceof WaitingHook ? resumed(generation) : outcome;
	if (answer === undefined || answer instanceof Error)
		throw new Error("no decision", { cause: answer });
	return answer;
}

function resumed(generation: Generation) {
	const call = generation.nextCall();
	if (call !== undefined) generation.answer(call, { ok: true, value: 1 });
	return generation.nextDecided()?.outcome;
}

const SENDER = context();

async function loaded(text: string): Promise<Generation> {
	const folder = tempFolder();
	const entry = await findEntry(folder.write("default.ts", text));
	const { bundle } = await compile(entry, join(folder.path, "state"));
	folder.remove();
	return Generation.load(bundle, {
		id: 1,
		origin: "script",
		devices: [scriptDevice({ name: "5000" })],
		limits: DEFAULT_LIMITS,
		log: { debug() {}, info() {}, warn() {}, error() {} },
	});
}

function scripted(text: string, moreArgs: readonly string[] = []): Target["start"] {
	return (place, nodeArgs = []) =>
		startSipwright({
			prefix: PROXY_CORE,
			nodeArgs: [...nodeArgs, ...moreArgs],
			config: [configOf(place), "routes: ./routes", "reload: { typecheck: off }"].join("\n"),
			files: { "routes/default.ts": text },
		});
}

function preload(): string {
	return join(import.meta.dirname, "decided-here.ts");
}
