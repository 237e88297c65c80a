/** A WebSocket client of the tests, by the package `ws`, as a browser is one; and one of plain octets. */
import { once } from "node:events";
import { request } from "node:http";
import { request as requestSecurely } from "node:https";
import { type ClientOptions, WebSocket } from "ws";
import { PATIENCE_MS, Peer } from "./harness.ts";

export type Heard = { readonly text: string; readonly binary: boolean };

export class WebPhone {
	readonly socket: WebSocket;
	readonly heard: Heard[] = [];
	readonly pongs: string[] = [];
	/** The status of the close frame; 1006 without one. */
	readonly ended: Promise<number>;

	constructor(socket: WebSocket) {
		this.socket = socket;
		this.ended = new Promise((resolve) => socket.once("close", (code) => resolve(code)));
		socket.on("error", () => {});
		socket.on("message", (octets: Buffer, binary) =>
			this.heard.push({ text: octets.toString("latin1"), binary }),
		);
		socket.on("pong", (octets) => this.pongs.push(octets.toString("latin1")));
	}

	/** `url` may be a port of this machine. */
	static async connect(url: string | number, options: ClientOptions = {}): Promise<WebPhone> {
		const address = typeof url === "number" ? `ws://127.0.0.1:${url}` : url;
		const phone = new WebPhone(new WebSocket(address, "sip", options));
		await once(phone.socket, "open");
		return phone;
	}

	/** Text, unless it holds octets that are no UTF-8. */
	send(text: string, binary = false): void {
		this.socket.send(Buffer.from(text, "latin1"), { binary });
	}

	async nth(index: number): Promise<Heard> {
		const patience = AbortSignal.timeout(PATIENCE_MS);
		while (this.heard.length <= index) await once(this.socket, "message", { signal: patience });
		const heard = this.heard[index];
		if (heard === undefined) throw new Error("unreachable");
		return heard;
	}
}

export type Asked = { readonly status: number; readonly headers: object; readonly body: string };

const UPGRADE = {
	Connection: "Upgrade",
	Upgrade: "websocket",
	"Sec-WebSocket-Version": "13",
	"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	"Sec-WebSocket-Protocol": "sip",
};

/** What an HTTP request is answered with; those for a WebSocket unless `headers` leave them out by `undefined`. */
export async function ask(
	url: string,
	headers: Readonly<Record<string, string | undefined>> = {},
): Promise<Asked> {
	const all = Object.entries({ ...UPGRADE, ...headers });
	const given = Object.fromEntries(all.filter(([, value]) => value !== undefined));
	const send = url.startsWith("https:") ? requestSecurely : request;
	const asking = send(url, { headers: given as Record<string, string>, agent: false });
	return new Promise((resolve, reject) => {
		asking.once("error", reject);
		asking.once("upgrade", (answer, socket) => {
			socket.destroy();
			resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: "" });
		});
		asking.once("response", (answer) => {
			let body = "";
			answer.setEncoding("utf8").on("data", (chunk: string) => {
				body += chunk;
			});
			answer.once("end", () =>
				resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }),
			);
		});
		asking.end();
	});
}

const FINAL = 0x80;
export const OPCODES = {
	continuation: 0,
	text: 1,
	binary: 2,
	close: 8,
	ping: 9,
	pong: 10,
} as const;

/** One frame as a client sends it, masked with zeroes (RFC 6455 §5.2). */
export function frame(
	opcode: keyof typeof OPCODES,
	payload: string,
	{ final = true, reserved = 0 } = {},
): string {
	const { length } = payload;
	const short = length < 126 ? length : length < 65_536 ? 126 : 127;
	const extended = short < 126 ? [] : short === 126 ? two(length) : [0, 0, 0, 0, ...four(length)];
	const head = [(final ? FINAL : 0) | reserved | OPCODES[opcode], 0x80 | short, ...extended];
	return `${String.fromCharCode(...head, 0, 0, 0, 0)}${payload}`;
}

const two = (value: number) => [value >> 8, value & 255];
const four = (value: number) => [...two(value >>> 16), ...two(value & 65_535)];

export function upgradeRequest(): string {
	const lines = Object.entries(UPGRADE).map(([name, value]) => `${name}: ${value}`);
	return `GET / HTTP/1.1\r\nHost: a\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** A connection whose handshake is done, and that writes and reads octets. */
export async function rawWebSocket(port: number): Promise<Peer> {
	const peer = await Peer.connect(port);
	peer.socket.setNoDelay(true);
	peer.write(upgradeRequest());
	await peer.until("\r\n\r\n");
	peer.received = "";
	return peer;
}
