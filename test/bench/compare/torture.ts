/** The messages of RFC 4475, with the expected results that test/torture/ holds them to. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Essentials, ours, theirs } from "./essentials.ts";
import { count, type Row } from "./row.ts";

const FOLDER = join(import.meta.dirname, "../../torture/rfc4475");

type Party = { readonly uri: string; readonly tag?: string };
type Expected = {
	readonly kind: "request" | "response" | "malformed";
	readonly method?: string;
	readonly uri?: string;
	readonly status?: number;
	readonly via?: { readonly transport: string; readonly host: string; readonly branch?: string };
	readonly vias?: number;
	readonly from?: Party;
	readonly to?: Party;
	readonly callId?: string;
	readonly cseq?: string;
};
type Case = { readonly name: string; readonly text: string; readonly expected: Expected };

export function torture(): Row[] {
	const cases = load();
	const good = cases.filter(({ expected }) => expected.kind !== "malformed");
	const bad = cases.filter(({ expected }) => expected.kind === "malformed");
	return [
		count(
			"RFC 4475: messages to accept, read as the RFC says",
			good.map(({ text, expected }) => agrees(ours(text), expected)),
			good.map(({ text, expected }) => agrees(theirs(text), expected)),
		),
		count(
			"RFC 4475: messages to refuse, refused",
			bad.map(({ text }) => ours(text) === undefined),
			bad.map(({ text }) => theirs(text) === undefined),
		),
	];
}

function load(): Case[] {
	return readdirSync(FOLDER)
		.filter((file) => file.endsWith(".dat"))
		.map((file) => {
			const json = readFileSync(join(FOLDER, file.replace(".dat", ".json")), "utf8");
			return {
				name: file,
				text: readFileSync(join(FOLDER, file), "latin1"),
				expected: JSON.parse(json).datagram,
			};
		});
}

function agrees(read: Essentials | undefined, expected: Expected): boolean {
	if (read === undefined) return false;
	const { method, uri, status, via, from, to } = expected;
	const wanted: [unknown, unknown][] = [
		[read.start, method === undefined ? String(status) : `${method} ${uri}`],
		[read.via.transport, via?.transport],
		[read.via.host, via?.host],
		[read.via.branch, via?.branch ?? ""],
		[read.vias, expected.vias],
		[read.from, from?.uri],
		[read.fromTag, from?.tag ?? ""],
		[read.to, to?.uri],
		[read.toTag, to?.tag ?? ""],
		[read.callId, expected.callId],
		[read.cseq, expected.cseq],
	];
	return wanted.every(([got, want]) => want === undefined || got === want);
}
