/** What scripts may know of a device: where it has registered (RFC 3261 §10.3), and whether it is in service. */
import type { Milliseconds } from "../base/clock.ts";
import { ParseError } from "../message/parse-error.ts";
import { parseUri } from "../message/uri.ts";
import { type Directory, deviceOf } from "../proxy/directory.ts";
import type { Environment } from "../proxy/environment.ts";
import type { Registration } from "../script/host-calls/performing.ts";

/** One that is not watched is in service. */
type Services = { status(device: string): { readonly inService: boolean } | undefined };

/** By the name of a device, or by its address-of-record. */
export function registrationOf(
	aor: string,
	{ directory, own }: Pick<Environment, "directory" | "own">,
	services: Services,
	now: Milliseconds,
): Registration | undefined {
	const device = directory.device(aor) ?? deviceAt(aor, directory, own);
	if (device === undefined) return undefined;
	const { name } = device;
	const bindings = directory.bindings(name, now).map((binding) => ({
		uri: binding.contact,
		scheme: binding.scheme,
		q: binding.q / 1000,
		expires: Math.ceil((binding.expiresAt - now) / 1000),
		transport: binding.flow.transport,
	}));
	return { device: name, inService: services.status(name)?.inService ?? true, bindings };
}

function deviceAt(text: string, directory: Directory, own: Environment["own"]) {
	try {
		const uri = parseUri(text);
		return own.owns(uri) ? deviceOf(uri, directory) : undefined;
	} catch (error) {
		if (error instanceof ParseError) return undefined;
		throw error;
	}
}
