/** Header fields as a test writes them, as lines of a message. */
import { TestingError } from "./testing-error.ts";

export type HeadersGiven = Readonly<Record<string, string | readonly string[]>>;

/** One line for each value. Throws for what would begin another line. */
export function headerLines(headers: HeadersGiven = {}): readonly string[] {
	return Object.entries(headers).flatMap(([name, values]) =>
		[values].flat().map((value) => {
			if (/[\r\n]/.test(`${name}${value}`))
				throw new TestingError(`${name}: a header field is one line, without CR and LF`);
			return `${name}: ${value}`;
		}),
	);
}

/** The message with this one Contact, or with none for "". */
export function withContact(text: string, contact: string): string {
	const [head = "", ...body] = text.split("\r\n\r\n");
	const lines = head.split("\r\n").filter((line) => !/^Contact:/i.test(line));
	const end = lines.findIndex((line) => line.startsWith("Content-Length:"));
	if (contact !== "") lines.splice(end, 0, `Contact: ${contact}`);
	return [lines.join("\r\n"), ...body].join("\r\n\r\n");
}
