/**
 * What Node and browsers have and the isolate of a script has not: why a script, or a package in it,
 * cannot find a name.
 */

const OF_NODE = [
	...["process", "Buffer", "require", "module", "exports", "__dirname", "__filename"],
	...["setImmediate", "clearImmediate"],
];
const OF_HOSTS = [
	...["setTimeout", "setInterval", "clearTimeout", "clearInterval", "queueMicrotask"],
	...["URL", "URLSearchParams", "TextEncoder", "TextDecoder", "AbortController", "AbortSignal"],
	...["fetch", "crypto", "performance", "structuredClone", "atob", "btoa", "WebSocket", "Blob"],
	...["WebAssembly", "SharedArrayBuffer", "Atomics", "Event", "EventTarget", "FormData"],
	...["window", "document", "navigator", "self", "localStorage", "XMLHttpRequest"],
];

const MISSING = /^ReferenceError: (\w+) is not defined$/;

/** A reason that names what is missing, with why and whose; any other as it is. */
export function explained(reason: string, file: string | undefined): string {
	const [, name = ""] = MISSING.exec(reason) ?? [];
	const why = whyAbsent(name);
	if (why === undefined) return reason;
	const owner = file === undefined ? undefined : packageOf(file);
	return `${reason}: ${why}${owner === undefined ? "" : `; the package "${owner}" uses it`}`;
}

/** Undefined for a name that nobody expects to be there. */
export function whyAbsent(name: string): string | undefined {
	if (OF_NODE.includes(name)) return `it is part of Node, ${WITHOUT}`;
	return OF_HOSTS.includes(name) ? `it is part of Node and of browsers, ${WITHOUT}` : undefined;
}

const WITHOUT = "and routes run in an isolate without it";

/** The package that a file belongs to; undefined for a file of none. */
export function packageOf(file: string): string | undefined {
	const parts = file.split(/[\\/]/);
	const at = parts.lastIndexOf("node_modules");
	const name = at === -1 ? undefined : parts[at + 1];
	return name?.startsWith("@") ? `${name}/${parts[at + 2]}` : name;
}
