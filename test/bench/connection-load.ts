/**
 * Phones that each connect, register and stay, or leave again, in a process of their own: what they cost
 * is not the registrar's.
 *
 *     connection-load.ts tcp|tls|wss HOST PORT FOLDER
 *
 * FOLDER holds cert.pem, which TLS trusts. A line on standard input is answered by one on standard output:
 *
 *     {"run":1,"come":1000,"stay":false}   {"run":1,"good":1000}   so many were registered, and have left
 *     {"run":2,"come":1000,"stay":true}    {"run":2,"good":1000}   so many are registered, beside those who stay
 *     {"run":3,"ping":true}                {"run":3,"good":1000}   so many who stay have their pong
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect as connectTls } from "node:tls";
import { WebSocket } from "ws";
import { registerText } from "../support/register-load.ts";
import { LEAVING, STAYING } from "./connection-users.ts";

type Order = {
	readonly run: number;
	readonly come?: number;
	readonly stay?: boolean;
	readonly ping?: boolean;
};
type Phone = {
	send(text: string): void;
	/** The next that comes; undefined when the connection ends, or nothing comes in time. */
	answer(): Promise<string | undefined>;
	leave(): void;
};

const [transport = "tls", host = "", port = "", folder = ""] = process.argv.slice(2);
const ca = readFileSync(join(folder, "cert.pem"));
/** Sources of the connections: one address may not have them all. */
const PER_SOURCE = 500;
const PATIENCE_MS = 10_000;
const PING = "\r\n\r\n";
const PONG = "\r\n";
const VIA = { tcp: "TCP", tls: "TLS", wss: "WSS" }[transport];
const PARAMETER = transport === "wss" ? "ws" : transport;

const staying: Phone[] = [];
let sequence = 0;

async function come(count: number, stay: boolean): Promise<number> {
	const before = staying.length;
	let begun = 0;
	let good = 0;
	const some = async (leaving: string) => {
		while (begun < count) {
			const user = stay ? (STAYING[before + begun] ?? "") : leaving;
			const source = `127.0.0.${2 + Math.floor((before + begun) / PER_SOURCE)}`;
			begun += 1;
			if (await comes(user, source, stay)) good += 1;
		}
	};
	await Promise.all(LEAVING.map(some));
	return good;
}

async function comes(user: string, source: string, stay: boolean): Promise<boolean> {
	const phone = await connected(source);
	const good = await registers(phone, user);
	if (stay) staying.push(phone);
	else phone.leave();
	return good;
}

async function registers(phone: Phone, user: string): Promise<boolean> {
	sequence += 1;
	const at = `127.0.0.1:5060`;
	const text = registerText(
		{ user, sequence, expires: 3_600 },
		{
			server: `${host}:${port}`,
			via: `SIP/2.0/${VIA} ${at};rport;branch=z9hG4bK-${sequence}`,
			contact: `${at};transport=${PARAMETER}`,
		},
	);
	phone.send(text);
	const answer = await phone.answer();
	const good = answer?.startsWith("SIP/2.0 200 ") ?? false;
	if (!good) process.stderr.write(`${answer}\n`);
	return good;
}

async function ping(): Promise<number> {
	const answers = staying.map((phone) => {
		phone.send(PING);
		return phone.answer();
	});
	return (await Promise.all(answers)).filter((answer) => answer === PONG).length;
}

function connected(localAddress: string): Promise<Phone> {
	return transport === "wss" ? webSocket(localAddress) : stream(localAddress);
}

async function stream(localAddress: string): Promise<Phone> {
	const to = { host, port: Number(port), localAddress };
	const socket = transport === "tls" ? connectTls({ ...to, ca }) : connect(to);
	const inbox = new Inbox();
	socket.on("data", (data) => inbox.take(data.toString("latin1")));
	socket.on("close", () => inbox.take(undefined));
	socket.on("error", (error) => process.stderr.write(`${error.message}\n`));
	await once(socket, transport === "tls" ? "secureConnect" : "connect");
	return {
		send: (text) => socket.write(text, "latin1"),
		answer: () => inbox.next(),
		leave: () => socket.end(),
	};
}

async function webSocket(localAddress: string): Promise<Phone> {
	const socket = new WebSocket(`wss://${host}:${port}`, "sip", { ca, localAddress });
	const inbox = new Inbox();
	socket.on("message", (data) => inbox.take(data.toString("latin1")));
	socket.on("close", () => inbox.take(undefined));
	socket.on("error", (error) => process.stderr.write(`${error.message}\n`));
	await once(socket, "open");
	return {
		send: (text) => socket.send(text),
		answer: () => inbox.next(),
		leave: () => socket.close(),
	};
}

/** Answers of a phone that waits for one at a time; each comes in one piece. */
class Inbox {
	#waiting: ((text: string | undefined) => void) | undefined;

	take(text: string | undefined): void {
		this.#waiting?.(text);
		this.#waiting = undefined;
	}

	next(): Promise<string | undefined> {
		return new Promise((resolve) => {
			const timer = setTimeout(() => this.take(undefined), PATIENCE_MS);
			this.#waiting = (text) => {
				clearTimeout(timer);
				resolve(text);
			};
		});
	}
}

async function obey({ run, come: count, stay = false }: Order): Promise<void> {
	const good = count === undefined ? await ping() : await come(count, stay);
	process.stdout.write(`${JSON.stringify({ run, good })}\n`);
}

createInterface(process.stdin)
	.on("line", (text) => void obey(JSON.parse(text)))
	.on("close", () => process.exit());
process.stdout.write(`${JSON.stringify({ event: "ready" })}\n`);
