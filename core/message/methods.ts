/** Method names: RFC 3261 §7.1 and the registered extensions. Methods compare with their case. */

/** By length. */
const KNOWN: readonly (readonly string[])[] = [
	[], [], [], ["ACK", "BYE"], ["INFO"], ["PRACK", "REFER"], ["INVITE", "CANCEL", "UPDATE", "NOTIFY"],
	["OPTIONS", "MESSAGE", "PUBLISH"], ["REGISTER"], ["SUBSCRIBE"],
]; // biome-ignore format: a table

/** The method written in `text` from `start` to `end`: a known one is no slice, which would keep the message. */
export function methodAt(text: string, start: number, end: number): string {
	const known = KNOWN[end - start];
	if (known !== undefined)
		for (const method of known) if (text.startsWith(method, start)) return method;
	return text.slice(start, end);
}
