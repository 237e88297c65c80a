/** What is demanded of every message that the core sends: RFC 3261 §7, §17, §18.3. Read with a few lines of its own. */
import type { Flow } from "../../../core/base/flow.ts";
import { reliable } from "../../../core/base/flow.ts";
import { read } from "../plain-message.ts";
import { demand } from "../target.ts";
import { SCRIPT_BODY } from "./tables.ts";

/** The messages of one transaction, repeats left out. */
type Story = { readonly texts: Set<string>; sends: number };

const ONCE = ["from", "to", "call-id", "cseq", "content-length"];
/** An INVITE over UDP goes out seven times in 32 s, another request eleven times (§17.1). */
const SENDS_MAX = 11;

export class Outgoing {
	/** By the id of the transaction that sent it. */
	readonly #stories = new Map<number, Story>();
	/** Everything that came in. */
	readonly received: string[] = [];
	/** What is being received is an ACK: nobody answers it. */
	duringAck = false;
	/** A script said that there is to be no answer. */
	dropped = 0;

	take(text: string, flow: Flow, owner: number): void {
		checkSyntax(text, flow);
		const body = text.slice(text.indexOf("\r\n\r\n"));
		const made = body.length === 4 || body === `\r\n\r\n${SCRIPT_BODY}`;
		const known = made || this.received.some((one) => one.includes(body));
		demand(known, "out: a body that came in, or a script's", () => text);
		const response = text.startsWith("SIP/2.0 ");
		demand(!(response && owner === 0 && this.duringAck), "out: an ACK is not answered", () => text);
		if (owner === 0) return;
		const story = this.#stories.get(owner) ?? { texts: new Set<string>(), sends: 0 };
		this.#stories.set(owner, story);
		story.sends += 1;
		if (response) checkResponse(text, story.texts);
		else checkRequest(text, story);
		story.texts.add(text);
	}

	/** When all is over: who was told to wait was told the end. */
	finish(): void {
		let unanswered = 0;
		for (const { texts } of this.#stories.values()) {
			const [first = ""] = texts;
			if (methodOf(first) !== "INVITE" || !first.startsWith("SIP/2.0 1")) continue;
			if (![...texts].some((text) => text.startsWith("SIP/2.0 ") && statusOf(text) >= 200))
				unanswered += 1;
		}
		demand(
			unanswered <= this.dropped,
			"out: an INVITE that was answered provisionally is answered finally",
		);
	}
}

function checkSyntax(text: string, flow: Flow): void {
	const shown = () => text;
	const end = text.indexOf("\r\n\r\n");
	demand(end !== -1, "out: the head ends", shown);
	demand(!/[^\r]\n|\r[^\n]/.test(text.slice(0, end)), "out: line ends are CR LF", shown);
	const { lines, body, startLine } = read(text);
	demand(
		/^(SIP\/2\.0 [1-6]\d\d |[^ ]+ [^ ]+ SIP\/2\.0$)/i.test(startLine),
		"out: a start line",
		shown,
	);
	for (const name of ONCE)
		demand(lines.filter((line) => line.name === name).length <= 1, `out: one ${name}`, shown);
	const hops = lines.filter(({ name }) => name === "max-forwards");
	demand(startLine.startsWith("SIP/") || hops.length === 1, "out: one max-forwards", shown);
	const length = lines.find(({ name }) => name === "content-length")?.value;
	demand(length !== undefined || !reliable(flow.transport), "out: a length on a stream", shown);
	demand(
		length === undefined || Number(length) === body.length,
		"out: the length is that of the body",
		shown,
	);
}

/** The final answer is one, but an INVITE may have several of 2xx; nothing else comes behind it. */
function checkResponse(text: string, before: ReadonlySet<string>): void {
	const method = methodOf(text);
	const status = statusOf(text);
	const shown = () => [...before, text].join("\n");
	demand(method !== "ACK", "out: an ACK is not answered", shown);
	demand(
		method === "INVITE" || status === 100 || status >= 200,
		"out: only 100 answers another request than INVITE provisionally",
		shown,
	);
	for (const earlier of before) {
		const final = statusOf(earlier);
		if (final < 200 || earlier === text) continue;
		const another = method === "INVITE" && final < 300 && status >= 200 && status < 300;
		demand(another, "out: one final response", shown);
	}
}

/** A request is repeated as it was; behind an INVITE comes the ACK for its hop. */
function checkRequest(text: string, { texts, sends }: Story): void {
	const [first] = texts;
	if (first === undefined || first === text) {
		demand(
			sends <= SENDS_MAX || methodOf(first ?? "") === "INVITE",
			"out: repeats are bounded",
			() => text,
		);
		return;
	}
	const shown = () => `${first}\n${text}`;
	demand(
		methodOf(first) === "INVITE" && text.startsWith("ACK "),
		"out: a repeat is the same text",
		shown,
	);
	demand(branchOf(first) === branchOf(text), "out: the ACK has the branch of its INVITE", shown);
}

function methodOf(text: string): string {
	return (
		read(text)
			.lines.find(({ name }) => name === "cseq")
			?.value.split(/\s+/)[1] ?? ""
	);
}

function statusOf(text: string): number {
	return Number(text.slice(8, 11));
}

function branchOf(text: string): string | undefined {
	return /^Via:.*?;branch=([^;\r]+)/im.exec(text)?.[1];
}
