/** A SIP URI with other parts: RFC 3261 §19.1.1, §25.1. What is not named stays as it was written. */
import type { Uri } from "./uri.ts";

/** As they are to be written. `null` takes a part away; undefined leaves it. */
export type UriChange = {
	readonly scheme?: string | undefined;
	/** A password goes with the user that it was for. */
	readonly user?: string | null | undefined;
	readonly host?: string | undefined;
	readonly port?: number | null | undefined;
	/** By name in lower case; "" for one without a value. */
	readonly params?: ReadonlyMap<string, string | null>;
};

export function changeUri(uri: Uri, change: UriChange): string {
	const { text } = uri;
	const scheme = change.scheme ?? text.slice(0, text.indexOf(":"));
	const { host = uri.host } = change;
	const port = change.port === undefined ? uri.port : (change.port ?? undefined);
	const at = port === undefined ? "" : `:${port}`;
	const headers = uri.headers === undefined ? "" : `?${uri.headers}`;
	return `${scheme}:${userOf(uri, change)}${host}${at}${paramsOf(uri, change)}${headers}`;
}

function userOf({ text, hostStart }: Uri, { user }: UriChange): string {
	if (user === undefined) return text.slice(text.indexOf(":") + 1, hostStart);
	return user === null ? "" : `${user}@`;
}

/** In the order in which they stand; new ones behind them. */
function paramsOf({ params }: Uri, { params: changes }: UriChange): string {
	if (changes === undefined) return params.map(({ text }) => `;${text}`).join("");
	const kept = params.map(({ name, text }) => {
		const value = changes.get(name);
		return value === undefined ? `;${text}` : paramText(name, value);
	});
	const known = new Set(params.map(({ name }) => name));
	const added = [...changes].filter(([name]) => !known.has(name));
	return kept.concat(added.map(([name, value]) => paramText(name, value))).join("");
}

function paramText(name: string, value: string | null): string {
	if (value === null) return "";
	return value === "" ? `;${name}` : `;${name}=${value}`;
}
