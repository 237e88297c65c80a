/** What a message that was read and written again still has: RFC 3261 §16.6 step 1. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseMessage } from "../../../core/message/parse-message.ts";
import { Patch } from "../../../core/message/patch.ts";
import { sip } from "../../support/npm-sip.ts";
import { parseTheirs } from "./essentials.ts";
import { count, type Row } from "./row.ts";

const TESTS = join(import.meta.dirname, "../..");
const FOLDERS = ["torture/rfc4475", "fixtures/secure-sip-signaling"];

export function order(): Row[] {
	const texts = FOLDERS.flatMap((folder) => read(join(TESTS, folder))).filter(bothAccept);
	const judge = (same: (text: string, again: string) => boolean) =>
		[writeOurs, writeTheirs].map((write) => texts.map((text) => same(text, write(text)))) as [
			boolean[],
			boolean[],
		];
	return [
		count("Read and written again: headers in the order they came", ...judge(sameOrder)),
		count("Read and written again: every octet as it came", ...judge((a, b) => a === b)),
	];
}

function read(folder: string): string[] {
	return readdirSync(folder)
		.filter((file) => /\.(dat|sip)$/.test(file))
		.map((file) => readFileSync(join(folder, file), "latin1"));
}

function bothAccept(text: string): boolean {
	const message = parseMessage(text, "datagram");
	return message.kind !== "malformed" && message.text === text && parseTheirs(text) !== undefined;
}

function writeOurs(text: string): string {
	const message = parseMessage(text, "datagram");
	return message.kind === "malformed" ? "" : new Patch(message).text();
}

function writeTheirs(text: string): string {
	const message = parseTheirs(text);
	try {
		return message === undefined ? "" : sip.stringify(message);
	} catch {
		return "";
	}
}

function sameOrder(text: string, again: string): boolean {
	return names(text).join() === names(again).join();
}

/** Long forms, lines that follow one another under one name counted once: joining them is allowed. */
function names(text: string): string[] {
	return (text.split("\r\n\r\n")[0] ?? "")
		.split(/\r\n(?![ \t])/)
		.slice(1)
		.map((line) => (line.split(":")[0] ?? "").trim().toLowerCase())
		.map((name) => LONG[name] ?? name)
		.filter((name, at, all) => name !== all[at - 1]);
}

const LONG: Record<string, string> = {
	...{ i: "call-id", m: "contact", l: "content-length", c: "content-type", f: "from" },
	...{ s: "subject", k: "supported", t: "to", v: "via", e: "content-encoding" },
};
