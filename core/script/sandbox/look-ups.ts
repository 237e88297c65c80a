/** `dns` and `lookup`: what the host knows of names and of devices. */
import type * as Public from "../sipwright.d.ts";
import { isDevice } from "./devices.ts";
import { callHost } from "./tickets.ts";
import { ScriptUri } from "./uri.ts";

/** What crosses. */
type Address = { readonly address: string };

export const dnsQuestions: Public.Dns = Object.freeze({
	a: (name: string) => ask("A", name, addresses) as Promise<readonly string[]>,
	aaaa: (name: string) => ask("AAAA", name, addresses) as Promise<readonly string[]>,
	srv: (name: string) => ask("SRV", name) as Promise<readonly Public.SrvRecord[]>,
	naptr: (name: string) => ask("NAPTR", name) as Promise<readonly Public.NaptrRecord[]>,
});

function ask(type: string, name: string, read?: (value: unknown) => unknown): Promise<unknown> {
	return callHost("dns", [type, String(name)], read);
}

function addresses(records: unknown): readonly string[] {
	return (records as readonly Address[]).map(({ address }) => address);
}

export function lookUp(
	aor: Public.Device | Public.Uri | string,
): Promise<Public.Registration | undefined> {
	const text = isDevice(aor) ? aor.name : aor instanceof ScriptUri ? aor.text : String(aor);
	return callHost("lookup", [text]) as Promise<Public.Registration | undefined>;
}
