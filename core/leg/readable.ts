/** Values of headers that are not checked on arrival: RFC 3261 §16.3 step 1 asks a proxy to let them pass. */
import { ParseError } from "../message/parse-error.ts";

/** None where they cannot be read: such a header is left as it is, and the message is not lost over it. */
export function readable<Value>(read: () => readonly Value[]): readonly Value[] {
	try {
		return read();
	} catch (error) {
		if (error instanceof ParseError) return [];
		throw error;
	}
}
