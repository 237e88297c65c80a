/**
 * Sections of RFCs that a text cites, as `3261 §16.6`. A bare § belongs to the RFC named before it in the same text,
 * or else to the one given: that of the file. §§ of other papers are none: `secure signaling §3.4`, `architecture §6`.
 */
const TAG = /\bRFC (\d{3,4})\b|(secure[ -]signaling |SS |architecture )?§(\d+(?:\.\d+)*)/gi;

export function citations(text: string, rfc?: string): string[] {
	let current = rfc;
	const found = new Set<string>();
	for (const [, named, other, section] of text.matchAll(TAG)) {
		if (named !== undefined) current = named;
		else if (other === undefined && current !== undefined) found.add(`${current} §${section}`);
	}
	return [...found];
}

/** The first RFC that a text names. */
export function firstRfc(text: string): string | undefined {
	return /\bRFC (\d{3,4})\b/.exec(text)?.[1];
}
