/**
 * What route scripts fetch: HTTP requests with a bound on how many are under way, how long one may
 * take and how much it may bring. A server that is silent holds its own places and no others, each
 * until its time is over.
 *
 * Built on the `fetch` of Node: connections are kept and shared by it, and redirects are answers here.
 * A proxy of the environment is used where Node is told to (NODE_USE_ENV_PROXY).
 */
import type { Milliseconds } from "../base/clock.ts";

export type HttpRequest = {
	readonly url: string;
	readonly method: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string | undefined;
	readonly timeoutMs: Milliseconds;
};

export type HttpResponse = {
	readonly status: number;
	/** Names in lower case. */
	readonly headers: readonly (readonly [name: string, value: string])[];
	readonly text: string;
};

export type HttpOutcome =
	| { readonly ok: true; readonly value: HttpResponse }
	| {
			readonly ok: false;
			readonly code: "HOST_TIMEOUT" | "HOST_FAILED" | "HOST_LIMIT";
			readonly message: string;
	  };

export type HttpClientOptions = {
	/** Requests under way: with one server, and in all. */
	readonly perOrigin?: number;
	readonly all?: number;
	/** Requests that wait for a place. */
	readonly waiting?: number;
	/** Of a body, uncompressed. */
	readonly octets?: number;
};

const DEFAULTS: Required<HttpClientOptions> = {
	perOrigin: 64,
	all: 128,
	waiting: 10_000,
	octets: 131_072,
};

export class HttpClient {
	readonly #options: Required<HttpClientOptions>;
	readonly #servers = new Map<string, Server>();
	#running = 0;
	#waiting = 0;

	constructor(options: HttpClientOptions = {}) {
		this.#options = { ...DEFAULTS, ...options };
	}

	/** Requests under way, and those that wait for a place. */
	get counts(): { readonly running: number; readonly waiting: number } {
		return { running: this.#running, waiting: this.#waiting };
	}

	/** Calls `answer` once, later, unless it was abandoned: what is returned does that. */
	fetch(request: HttpRequest, answer: (outcome: HttpOutcome) => void): () => void {
		const server = this.#server(new URL(request.url).origin);
		const task = new Task(request, answer, () => this.#ended(task, server));
		if (this.#waiting < this.#options.waiting) {
			this.#waiting += 1;
			server.waiting.add(task);
			this.#start(server);
		} else {
			const message = `${this.#waiting} requests wait for a place already`;
			setImmediate(() => task.end({ ok: false, code: "HOST_LIMIT", message }));
		}
		return () => task.end(undefined);
	}

	/** Requests under way are broken off, and answer nothing. */
	close(): void {
		for (const { running, waiting } of this.#servers.values())
			for (const task of [...waiting, ...running]) task.end(undefined);
	}

	#server(origin: string): Server {
		const known = this.#servers.get(origin);
		if (known !== undefined) return known;
		const server = { waiting: new Set<Task>(), running: new Set<Task>() };
		this.#servers.set(origin, server);
		return server;
	}

	#start({ waiting, running }: Server): void {
		for (const task of waiting) {
			if (running.size >= this.#options.perOrigin || this.#running >= this.#options.all) return;
			waiting.delete(task);
			running.add(task);
			this.#waiting -= 1;
			this.#running += 1;
			void task.run(this.#options.octets);
		}
	}

	#ended(task: Task, server: Server): void {
		if (server.waiting.delete(task)) this.#waiting -= 1;
		if (!server.running.delete(task)) return;
		this.#running -= 1;
		this.#start(server);
		for (const other of this.#servers.values()) this.#start(other);
	}
}

type Server = { readonly waiting: Set<Task>; readonly running: Set<Task> };

/** One request, from when it is wanted: waiting for a place is part of its time. */
class Task {
	readonly #request: HttpRequest;
	readonly #answer: (outcome: HttpOutcome) => void;
	readonly #ended: () => void;
	readonly #abort = new AbortController();
	readonly #timer: NodeJS.Timeout;
	#over = false;

	constructor(request: HttpRequest, answer: (outcome: HttpOutcome) => void, ended: () => void) {
		this.#request = request;
		this.#answer = answer;
		this.#ended = ended;
		this.#timer = setTimeout(() => this.#late(), request.timeoutMs).unref();
	}

	async run(octets: number): Promise<void> {
		try {
			this.end(await exchange(this.#request, octets, this.#abort.signal));
		} catch (error) {
			this.end({ ok: false, code: "HOST_FAILED", message: reasonOf(error) });
		}
	}

	/** The first outcome counts; undefined for none. */
	end(outcome: HttpOutcome | undefined): void {
		if (this.#over) return;
		this.#over = true;
		clearTimeout(this.#timer);
		this.#abort.abort();
		this.#ended();
		if (outcome !== undefined) this.#answer(outcome);
	}

	#late(): void {
		const message = `no answer within ${this.#request.timeoutMs} ms`;
		this.end({ ok: false, code: "HOST_TIMEOUT", message });
	}
}

async function exchange(
	{ url, method, headers, body }: HttpRequest,
	octets: number,
	signal: AbortSignal,
): Promise<HttpOutcome> {
	const response = await fetch(url, {
		method,
		headers: { "user-agent": "sipwright", ...headers },
		redirect: "manual",
		signal,
		...(body !== undefined && { body }),
	});
	const text = await readText(response, octets);
	if (typeof text !== "string") return text;
	return { ok: true, value: { status: response.status, headers: [...response.headers], text } };
}

async function readText({ body }: Response, octets: number): Promise<string | HttpOutcome> {
	const parts: Uint8Array[] = [];
	let length = 0;
	for await (const part of body ?? []) {
		length += part.length;
		if (length > octets)
			return { ok: false, code: "HOST_LIMIT", message: `the body has more than ${octets} octets` };
		parts.push(part);
	}
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts));
	} catch {
		return { ok: false, code: "HOST_FAILED", message: "the body is not UTF-8" };
	}
}

/** Node says only that it failed; why, is the cause. */
function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	const { cause, message } = error;
	if (!(cause instanceof Error)) return message;
	// Of several addresses, each with its own reason.
	const [first] = cause instanceof AggregateError ? cause.errors : [];
	return first instanceof Error ? first.message : cause.message || message;
}
