/** Scripts in a temporary folder on a clock of the test, with a canary, asked as the engine asks them. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Milliseconds } from "../../core/base/clock.ts";
import { Networks, parseNetwork } from "../../core/base/networks.ts";
import type { Request } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse-message.ts";
import type { CanarySettings } from "../../core/script/canary.ts";
import type { Clock } from "../../core/script/clock.ts";
import { DEFAULT_LIMITS } from "../../core/script/limits.ts";
import type { ReloadResult, ScriptsOptions } from "../../core/script/reload-result.ts";
import { ScriptError } from "../../core/script/script-error.ts";
import { Scripts } from "../../core/script/scripts.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { atOnce, context, hook, recordingLog, request } from "./harness.ts";

/** A clock that stands until it is moved. */
export class TestClock implements Clock {
	#now: Milliseconds = Date.UTC(2026, 2, 2, 9);
	#due: { readonly at: Milliseconds; readonly run: () => void }[] = [];

	now(): Milliseconds {
		return this.#now;
	}

	after(delay: Milliseconds, run: () => void): () => void {
		const timer = { at: this.#now + delay, run };
		this.#due.push(timer);
		return () => {
			this.#due = this.#due.filter((one) => one !== timer);
		};
	}

	move(delay: Milliseconds): void {
		this.#now += delay;
		const due = this.#due.filter(({ at }) => at <= this.#now);
		this.#due = this.#due.filter(({ at }) => at > this.#now);
		for (const { run } of due) run();
	}
}

export function canary(
	given: Partial<CanarySettings> & { nets?: readonly string[] } = {},
): CanarySettings {
	const { nets = [], ...settings } = given;
	const networks = new Networks(nets.flatMap((one) => parseNetwork(one) ?? []));
	return { share: 0, devices: [], networks, prefixes: [], seconds: 600, ...settings };
}

export type Asking = {
	readonly callId?: string;
	readonly called?: string;
	readonly device?: string;
	readonly address?: string;
};

export class CanaryBed {
	readonly folder: TempFolder;
	readonly clock = new TestClock();
	readonly log = recordingLog();
	readonly scripts: Scripts;

	private constructor(
		folder: TempFolder,
		scripts: Scripts,
		log: ReturnType<typeof recordingLog>,
		clock: TestClock,
	) {
		this.folder = folder;
		this.scripts = scripts;
		this.log = log;
		this.clock = clock;
	}

	static async start(
		t: TestContext,
		given: Partial<ScriptsOptions> = {},
		folder: TempFolder = ownFolder(t),
	): Promise<CanaryBed> {
		const log = recordingLog();
		const clock = new TestClock();
		const scripts = await Scripts.start({
			entry: join(folder.path, "routes"),
			devices: [],
			limits: DEFAULT_LIMITS,
			typecheck: "off",
			state: join(folder.path, "state"),
			watch: false,
			log,
			clock,
			...given,
		});
		t.after(() => scripts.close());
		return new CanaryBed(folder, scripts, log, clock);
	}

	save(body: string): Promise<ReloadResult> {
		save(this.folder, body);
		return this.scripts.reload();
	}

	/** What the script of a new request replies; 0 when it fails. */
	ask(asking: Asking = {}): number {
		const { callId = "call-1@127.0.0.1", called = "5000", device, address = "127.0.0.1" } = asking;
		const text = request("INVITE", `sip:${called}@127.0.0.1`).replace("call-1@127.0.0.1", callId);
		const generation = this.scripts.generationFor(parsed(text), device, address);
		generation.retain();
		const answer = atOnce(generation.ask("onRequest", text, context()));
		const status = answer instanceof ScriptError || answer.kind !== "reply" ? 0 : answer.status;
		generation.answered(status === 0 ? 500 : status);
		generation.release();
		return status;
	}

	/** Requests of as many calls: how often each status came. */
	asks(calls: number, asking: Asking = {}): Readonly<Record<number, number>> {
		const totals: Record<number, number> = {};
		for (let call = 0; call < calls; call += 1) {
			const status = this.ask({ ...asking, callId: `${call}@192.0.2.${call % 200}` });
			totals[status] = (totals[status] ?? 0) + 1;
		}
		return totals;
	}

	/** What is under way comes to its end: nothing new is on disk. */
	async settled(): Promise<void> {
		await this.scripts.reload();
	}

	said(event: string): string {
		const found = this.log.entries.filter(
			({ fields }) => "event" in fields && fields.event === event,
		);
		return found.map(({ level, message }) => `${level}: ${message}`).join("\n");
	}
}

export function save(folder: TempFolder, body: string): void {
	folder.write("routes/default.ts", hook(body));
}

function ownFolder(t: TestContext): TempFolder {
	const folder = tempFolder();
	t.after(() => folder.remove());
	save(folder, "return reply(404);");
	return folder;
}

function parsed(text: string): Request {
	const message = parseMessage(text, "datagram");
	if (message.kind !== "request") throw new TypeError(`no request: ${text}`);
	return message;
}
