/** A headless Chromium, driven by its DevTools protocol: pages, what they print, and what they evaluate to. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket } from "ws";
import { type Program, startProgram } from "./process.ts";
import { tempFolder } from "./temp-folder.ts";

export type Browser = {
	open(url: string): Promise<Page>;
	stop(): Promise<void>;
};

export type Page = {
	/** What it has printed to its console, a line each, errors of the browser among them. */
	readonly printed: readonly string[];
	/** Resolves once it has printed a further line that matches. */
	says(pattern: RegExp): Promise<string>;
	/** The value of an expression, awaited if it is a promise. */
	evaluate<T>(expression: string): Promise<T>;
	/** Closes the tab. */
	close(): Promise<void>;
};

const PATIENCE_MS = 60_000;

const FLAGS = [
	"--headless=new",
	// Root has no sandbox of Chromium's, and a container often none at all.
	"--no-sandbox",
	"--disable-gpu",
	"--disable-dev-shm-usage",
	"--no-first-run",
	"--disable-background-networking",
	"--remote-debugging-port=0",
	// The proxy's certificate is for development.
	"--ignore-certificate-errors",
	"--use-fake-device-for-media-stream",
	"--use-fake-ui-for-media-stream",
	"--autoplay-policy=no-user-gesture-required",
];

export async function startChromium(): Promise<Browser> {
	const folder = tempFolder();
	const program = startProgram("chromium", [
		...FLAGS,
		`--user-data-dir=${folder.path}`,
		"about:blank",
	]);
	const stop = async (tools?: DevTools) => {
		tools?.close();
		await program.stop();
		folder.remove();
	};
	try {
		const tools = await devTools(program);
		return { open: (url) => openPage(tools, url), stop: () => stop(tools) };
	} catch (error) {
		await stop();
		throw error;
	}
}

async function devTools(program: Program): Promise<DevTools> {
	const [, address = ""] = await program.printed(/DevTools listening on (ws:\S+)/);
	const socket = new WebSocket(address, { perMessageDeflate: false });
	await new Promise((resolve, reject) => {
		socket.once("open", resolve);
		socket.once("error", reject);
	});
	return new DevTools(socket);
}

type Answer = {
	readonly id?: number;
	readonly sessionId?: string;
	readonly method?: string;
	readonly params?: unknown;
	readonly result?: unknown;
	readonly error?: { readonly message: string };
};

/** Commands with their answers, and events by the session of a page. */
class DevTools {
	readonly #socket: WebSocket;
	readonly #waiting = new Map<number, (answer: Answer) => void>();
	readonly #told = new Map<string, (method: string, params: unknown) => void>();
	#last = 0;

	constructor(socket: WebSocket) {
		this.#socket = socket;
		socket.on("message", (data) => this.#received(JSON.parse(String(data))));
	}

	send<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
		this.#last += 1;
		const id = this.#last;
		this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error(`${method}: no answer`)), PATIENCE_MS);
			this.#waiting.set(id, ({ result, error }) => {
				clearTimeout(timer);
				this.#waiting.delete(id);
				if (error === undefined) resolve(result as T);
				else reject(new Error(`${method}: ${error.message}`));
			});
		});
	}

	/** Events of a page. */
	on(sessionId: string, told: (method: string, params: unknown) => void): void {
		this.#told.set(sessionId, told);
	}

	close(): void {
		this.#socket.terminate();
	}

	#received(answer: Answer): void {
		if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
		else if (answer.method !== undefined)
			this.#told.get(answer.sessionId ?? "")?.(answer.method, answer.params);
	}
}

async function openPage(tools: DevTools, url: string): Promise<Page> {
	const { targetId } = await tools.send<{ targetId: string }>("Target.createTarget", {
		url: "about:blank",
	});
	const { sessionId } = await tools.send<{ sessionId: string }>("Target.attachToTarget", {
		targetId,
		flatten: true,
	});
	const printed: string[] = [];
	const watchers = new Set<() => void>();
	let read = 0;
	tools.on(sessionId, (method, params) => {
		const line = lineOf(method, params);
		if (line === undefined) return;
		printed.push(line);
		for (const watcher of [...watchers]) watcher();
	});
	for (const domain of ["Runtime", "Log", "Page"])
		await tools.send(`${domain}.enable`, {}, sessionId);
	await tools.send("Page.navigate", { url }, sessionId);
	return {
		printed,
		says: (pattern) =>
			new Promise((resolve, reject) => {
				const look = () => {
					const at = printed.findIndex((line, index) => index >= read && pattern.test(line));
					if (at === -1) return;
					read = at + 1;
					finish(() => resolve(printed[at] ?? ""));
				};
				const finish = (settle: () => void) => {
					clearTimeout(timer);
					watchers.delete(look);
					settle();
				};
				const late = () => reject(new Error(`no ${pattern} from the page:\n${printed.join("\n")}`));
				const timer = setTimeout(() => finish(late), PATIENCE_MS);
				watchers.add(look);
				look();
			}),
		evaluate: async <T>(expression: string) => {
			const answer = await tools.send<Evaluated<T>>(
				"Runtime.evaluate",
				{ expression, awaitPromise: true, returnByValue: true },
				sessionId,
			);
			if (answer.exceptionDetails === undefined) return answer.result.value;
			throw new Error(`${expression}: ${JSON.stringify(answer.exceptionDetails)}`);
		},
		close: async () => {
			await tools.send("Target.closeTarget", { targetId });
		},
	};
}

type Evaluated<T> = { readonly result: { readonly value: T }; readonly exceptionDetails?: object };

function lineOf(method: string, params: unknown): string | undefined {
	if (method === "Runtime.consoleAPICalled") {
		const { args } = params as { args: readonly { value?: unknown; description?: string }[] };
		return args.map(({ value, description }) => String(value ?? description)).join(" ");
	}
	if (method === "Runtime.exceptionThrown") {
		const { exceptionDetails } = params as {
			exceptionDetails: { text: string; exception?: { description?: string } };
		};
		return `${exceptionDetails.text} ${exceptionDetails.exception?.description ?? ""}`;
	}
	if (method === "Log.entryAdded") return (params as { entry: { text: string } }).entry.text;
	return undefined;
}

export type Pages = { readonly port: number; close(): Promise<void> };

/** Serves one page that runs a script. At 127.0.0.1 a page has a microphone without https. */
export async function servePage(script: (path: string) => string): Promise<Pages> {
	const server: Server = createServer(({ url = "/" }, response) => {
		response.setHeader("Content-Type", "text/html; charset=utf-8");
		response.end(`<!doctype html><title>phone</title><script>${script(url)}</script>`);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		port: (server.address() as AddressInfo).port,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}
