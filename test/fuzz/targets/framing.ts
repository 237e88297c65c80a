/** Streams: RFC 3261 §18.3. However the octets are cut, the same messages come out of them, and the same error. */
import { type Frame, StreamFramer } from "../../../core/message/framing.ts";
import { MAX_HEAD, MAX_LINE, MAX_STREAM_MESSAGE } from "../../../core/message/limits.ts";
import { parseMessage } from "../../../core/message/parse-message.ts";
import { anyMessage } from "../corpus.ts";
import { damaged, octets, once } from "../grammar.ts";
import { type Chance, demand, same, target } from "../target.ts";

type Input = {
	readonly stream: string;
	/** Lengths of the chunks, from the first again when they are used up. */
	readonly chunks: readonly number[];
};

export const framing = target<Input>({
	name: "framing",
	share: 60,
	make(chance) {
		const pieces = Array.from({ length: 1 + chance.below(5) }, () => piece(chance));
		const longest = chance.pick([1, 3, 50, 2_000]);
		return {
			stream: pieces.join(""),
			chunks: Array.from({ length: 1 + chance.below(8) }, () => 1 + chance.below(longest)),
		};
	},
	check({ stream, chunks }) {
		const whole = frames(stream, [stream.length]);
		same(
			frames(stream, chunks.length === 0 ? [1] : chunks).join("\n"),
			whole.join("\n"),
			"framing: the same however it is cut",
		);
	},
});

function piece(chance: Chance): string {
	if (once(chance, 5)) return chance.pick(["\r\n", "\r\n\r\n", "\r\n\r\n\r\n", "\r", "\n", "\0"]);
	if (once(chance, 300)) return tooLarge(chance);
	if (once(chance, 30)) return octets(chance, 20);
	const text = anyMessage(chance);
	return once(chance, 3) ? text : withLength(text, chance);
}

/** A sound Content-Length in place of whatever stands there. */
function withLength(text: string, chance: Chance): string {
	const end = text.indexOf("\r\n\r\n");
	if (end === -1) return text;
	const lines = text
		.slice(0, end)
		.split("\r\n")
		.filter((line) => !/^(content-length|l)[ \t]*:/i.test(line));
	const length = text.length - end - 4;
	const name = chance.pick(["Content-Length:", "l: ", "CONTENT-LENGTH : ", "Content-Length:\r\n "]);
	const line = once(chance, 6) ? damaged(`${name}${length}`, chance) : `${name}${length}`;
	lines.splice(1 + chance.below(Math.max(1, lines.length)), 0, line);
	return `${lines.join("\r\n")}\r\n\r\n${text.slice(end + 4)}`;
}

function tooLarge(chance: Chance): string {
	const [length, line] = chance.pick([
		[MAX_LINE + chance.below(3) - 8, "Subject: "],
		[MAX_HEAD, "a:1\r\n"],
		[MAX_HEAD - 40, "Long: 12345\r\n"],
		[MAX_STREAM_MESSAGE, "OPTIONS sip:a SIP/2.0\r\nl: 262144\r\n\r\n"],
	] as const);
	return `OPTIONS sip:a SIP/2.0\r\n${line.padEnd(length, line)}`;
}

/** What came out, a line each. A lone CR LF is a pong or not depending on what is behind it so far. */
function frames(stream: string, chunks: readonly number[]): string[] {
	const framer = new StreamFramer();
	const out: string[] = [];
	let taken = 0;
	for (let turn = 0; taken < stream.length; turn += 1) {
		const chunk = stream.slice(taken, taken + (chunks[turn % chunks.length] ?? 1));
		taken += chunk.length;
		framer.push(chunk);
		drain(framer, out);
		demand(framer.buffered <= MAX_STREAM_MESSAGE, "framing: what is held is bounded");
		if (out.at(-1)?.startsWith("error")) break;
	}
	if (!out.at(-1)?.startsWith("error")) out.push(`left: ${framer.buffered} ${framer.started}`);
	return out;
}

function drain(framer: StreamFramer, out: string[]): void {
	for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
		const told = tell(frame);
		if (told !== undefined) out.push(told);
		if (frame.kind !== "error") continue;
		framer.push("OPTIONS");
		demand(
			framer.next() === undefined && framer.buffered === 0,
			"framing: nothing behind an error",
		);
		return;
	}
}

function tell(frame: Frame): string | undefined {
	switch (frame.kind) {
		case "pong":
			return undefined;
		case "ping":
			return "ping";
		case "message":
			checkMessage(frame.text);
			return `message ${frame.text}`;
		case "error": {
			const { error, text } = frame;
			const length = text.length;
			demand(length <= MAX_STREAM_MESSAGE + MAX_LINE, "framing: what is answered is bounded");
			// What may be answered is the same unless it was cut off for its size.
			return `error ${error.status} ${error.message} ${error.status === 513 ? "" : text}`;
		}
	}
}

/** Framer and parser agree where a message ends. */
function checkMessage(text: string): void {
	const parsed = parseMessage(text, "stream");
	if (parsed.kind !== "malformed") same(parsed.text, text, "framing: the parser sees the same end");
	else
		demand(
			parsed.error.field !== "Content-Length",
			"framing: the parser sees a Content-Length too",
			() => `${parsed.error.message}\n${text}`,
		);
}
