/** Torture messages as files: one `.dat` with the octets, one `.json` with what we expect of parser and engine. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type Expected = {
	/** Of the checklist of requirements. */
	readonly id: string;
	readonly section: string;
	readonly title: string;
	/** What the archived file lacks. */
	readonly missing?: string;
	/** What the parser makes of it. */
	readonly datagram: Record<string, unknown>;
	/** Kinds of frames that a stream of it is cut into. */
	readonly stream: readonly string[];
	readonly engine: EngineExpected;
};

/** `forwarded`, `silence`, or a status; on a stream also `waiting`, and `400 closed` when the connection ends. */
export type Outcome = "forwarded" | "silence" | "waiting" | `${number}` | `${number} closed`;

/** What the whole core makes of it. */
export type EngineExpected = {
	readonly udp: Outcome;
	readonly tcp: Outcome;
	/** Where it goes, when it is forwarded: `udp:203.0.113.9:5060`. */
	readonly hop?: string;
	/** Max-Forwards on the far side, as written there. */
	readonly maxForwards?: string;
	/** Port of the source address that an answer over UDP goes to, when it is not 5060; 40000 is the port it was sent from. */
	readonly answerPort?: number;
	/** The top Via line on the far side, when it is not the received one with `received` behind it. */
	readonly topVia?: string;
	/** Headers of the answer. */
	readonly headers?: Readonly<Record<string, readonly string[]>>;
	/** The Request-URI on the far side, when it is not the received one. */
	readonly uri?: string;
	/** Names of headers that the engine has to change, beside Via, Record-Route and Max-Forwards. */
	readonly changed?: readonly string[];
};

export type TortureMessage = {
	readonly tag: string;
	/** `RFC 4475 §3.1.1.1 MSG-T01: wsinv, A Short Tortuous INVITE`. */
	readonly name: string;
	/** Octet for octet as archived. */
	readonly archived: string;
	/** With what it lacks. */
	readonly text: string;
	readonly expected: Expected;
};

export function tortureMessages(rfc: number): readonly TortureMessage[] {
	const folder = join(import.meta.dirname, `rfc${rfc}`);
	return readdirSync(folder)
		.filter((name) => name.endsWith(".dat"))
		.map((name) => read(rfc, folder, name.slice(0, -4)));
}

function read(rfc: number, folder: string, tag: string): TortureMessage {
	const archived = readFileSync(join(folder, `${tag}.dat`), "latin1");
	const expected = JSON.parse(readFileSync(join(folder, `${tag}.json`), "utf8")) as Expected;
	const { section, id, title, missing = "" } = expected;
	const name = `RFC ${rfc} §${section} ${id}: ${tag}, ${title}`;
	return { tag, name, archived, text: archived + missing, expected };
}
