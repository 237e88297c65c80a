/** The Path of a REGISTER, and whose may be followed: RFC 3327 §5.3, §7. */
import type { Head } from "../message/head.ts";
import { parseNameAddress } from "../message/name-addr.ts";
import { ParseError } from "../message/parse-error.ts";
import { unfold } from "../message/scanner.ts";
import { parseUri, type Uri } from "../message/uri.ts";
import type { Refusal } from "./refusal.ts";
import type { RegisterInput } from "./register-input.ts";

export type PathValue = { readonly text: string; readonly uri: Uri };

/** The values in order, the proxy next to us first. Throws ParseError: calls are sent along them (§5.4). */
export function readPath(head: Head): readonly PathValue[] {
	if (!head.has("path")) return NO_PATH;
	return head.elements("path").map(({ start, end }) => {
		const text = unfold(head.text.slice(start, end));
		if (text.includes("\0")) throw new ParseError("NUL", { field: "Path", offset: 0 });
		return { text, uri: parseUri(parseNameAddress("Path", text).uri) };
	});
}

/**
 * Calls to the binding will go wherever its Path says, so it has to come from somebody who may say
 * so. A device that does not know of Path cannot see who has put itself in its way (§5.3).
 */
export function refusePath(
	{ request, pathTrusted, options }: RegisterInput,
	path: readonly PathValue[],
): Refusal | undefined {
	if (path.length === 0) return undefined;
	if (!pathTrusted) return { status: 403, reason: "Path From a Source That Is Not Trusted" };
	if (options.path === "any" || supportsPath(request.head)) return undefined;
	const headers = [["Unsupported", "path"]] as const;
	return { status: 420, reason: "Path Without Supported: path", headers };
}

/** Who supports outbound has to support Path (RFC 5626 §4.2.1), and may not say so. */
function supportsPath(head: Head): boolean {
	return head.tokens("supported").some((tag) => tag === "path" || tag === "outbound");
}

const NO_PATH: readonly PathValue[] = [];
