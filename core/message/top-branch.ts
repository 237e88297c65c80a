/** The branch of the top Via without parsing the message: RFC 3261 §17.1.3, RFC 6026 §7.3. */

/**
 * Undefined unless the first header line is a Via as nearly everybody writes it, one value and its
 * branch on one line: then the whole message has to be parsed to know.
 */
export function topBranch(text: string): string | undefined {
	const line = text.indexOf("\r\n") + 2;
	if (line === 1 || !text.startsWith(VIA, line)) return undefined;
	const end = text.indexOf("\r\n", line);
	const at = text.indexOf(BRANCH, line);
	if (at === -1 || at > end) return undefined;
	const start = at + BRANCH.length;
	for (let on = line; on <= start; on += 1) {
		const code = text.charCodeAt(on);
		if (code === COMMA || code === QUOTE) return undefined;
	}
	let stop = start;
	while (stop < end && !ENDS.has(text.charCodeAt(stop))) stop += 1;
	return stop === start ? undefined : text.slice(start, stop);
}

const VIA = "Via: SIP/2.0/";
const BRANCH = ";branch=";
const COMMA = 44;
const QUOTE = 34;
/** What may stand behind a branch: SP, HT, `;` and `,`; a quoted one is left to the parser. */
const ENDS: ReadonlySet<number> = new Set([32, 9, 59, COMMA]);
